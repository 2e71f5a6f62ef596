"""A second, deliberately simple implementation of the spec, which knows only the input.

It shares no code with the product: plain dicts in, an Outcome out. Clarity over speed.
"""

from .options import Options
from .replay import Outcome, replay

__all__ = ["Options", "Outcome", "replay"]
