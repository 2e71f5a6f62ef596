"""Campaigns whole, once more and simply: lives of activities, releases and claims, runs, limits, performance (spec 2.4 to 2.10, 4.3, 5).

Documents in the canonical shape, levels by all that was spent: what else there is of both is tried elsewhere.
"""

from .play import Played, play

__all__ = ["Played", "play"]
