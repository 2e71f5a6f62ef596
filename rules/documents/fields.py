"""What a field of a document may hold (spec 1.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

# An amount beyond this is a mistake, and sums of many of them stay within 64 bits.
MAX_AMOUNT = 10**15
MAX_QUANTITY = 10**9

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
Time = Annotated[datetime, Meta(tz=True)]
Channel = Literal["pos", "online"]
ServiceType = Literal["dine_in", "delivery", "self_pickup"]
# Tills number their receipts with or without quotes.
ReceiptPart = Annotated[str, Meta(min_length=1, max_length=256)] | int | None
