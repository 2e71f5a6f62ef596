"""What a partition remembers of grants that were made without a keeper: he must know of them once a total or a budget is added (spec 2.10).

A record an activity that grants so; of one that has always had such a limit there is none.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct


class Made(Struct, array_like=True, gc=False):
    """Of one activity: how many, and what their coupons are worth (minor units), of those that its keeper was not told of; whether he was
    told of those before; and how many grants of members here he was asked for since and has not decided.
    """

    made: int = 0
    worth: int = 0
    told: bool = False
    asked: int = 0


encode_made = msgspec.msgpack.Encoder().encode
decode_made = msgspec.msgpack.Decoder(Made).decode
