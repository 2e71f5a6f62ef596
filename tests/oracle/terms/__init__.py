"""Levels whole, once more and simply: all of a member's history is kept, and judged from it (spec 3.1 to 3.5, 1.9, 1.10).

Documents in the canonical shape; programs as they are at first.
"""

from .book import Levels
from .play import play

__all__ = ["Levels", "play"]
