"""What a field of a document in the strict form may hold (spec 1.1); rules/documents/tolerant has what else is taken."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

# An amount beyond this is a mistake, and sums of many of them stay within 64 bits.
MAX_AMOUNT: Final = 10**15
MAX_QUANTITY: Final = 10**9
MAX_ID_CHARACTERS: Final = 256
# A whole number that is an id: more than any counter, and any UUID, comes to.
MAX_ID_NUMBER: Final = 10**39

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARACTERS)]
# A code or name of something that others define.
Word = Annotated[str, Meta(min_length=1)]
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
SignedAmount = Annotated[int, Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
Time = Annotated[datetime, Meta(tz=True)]
Channel = Literal["pos", "online"]
ServiceType = Literal["dine_in", "delivery", "self_pickup"]
# Tills number their receipts with or without quotes.
ReceiptPart = Id | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None

# What a channel is sent as, and which it is.
CHANNELS: Final = {"pos": "pos", "online": "online", "kiosk": "pos", "app": "online", "web": "online"}
SERVICE_TYPES: Final = ("dine_in", "delivery", "self_pickup")
