"""Lives of a dozen activities: orders, late ones, refunds, claims, test sends and changes, so that all of spec 2 meets in each."""

from .life import campaign
from .values import START, text
from .wide import wide_campaign

__all__ = ["START", "campaign", "text", "wide_campaign"]
