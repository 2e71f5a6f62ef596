"""The types of fields that several definitions have (spec 2.1, 3.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

# No slash: `program/level` and the keys of the definitions topic are split at it. No star: `program/*` is every level.
Code = Annotated[str, Meta(pattern=r"^[^\s/*]([^/\x00-\x1f\x7f]{0,126}[^\s/])?\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=4000)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Time = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=1, le=2**53)]
Percentage = Annotated[float, Meta(gt=0, le=100)]
# Of any year, a leap year's too.
_MONTH_DAY = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9])"
MonthDay = Annotated[str, Meta(pattern=rf"^(?:{_MONTH_DAY})\Z")]
Amount = Annotated[int, Meta(ge=0, le=2**53)]

Channel = Literal["pos", "online"]
ServiceType = Literal["dine_in", "delivery", "self_pickup"]

CHANNELS: frozenset[Channel] = frozenset(("pos", "online"))
SERVICE_TYPES: frozenset[ServiceType] = frozenset(("dine_in", "delivery", "self_pickup"))
