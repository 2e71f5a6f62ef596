"""What stands on `grants.limited`, from partition to partition: grants on their way to the keeper of their activity, and what he decided on
the way back (spec 2.10); and what is of members who became one (streams/moved.py).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from rules.happened import Asked, Grant
from rules.limits.keeper import KeptLimit
from streams.moved import Message
from streams.routing import partition_of
from streams.topics import LIMITED


class Decided(Struct, gc=False, tag="decided", tag_field="type"):
    """A grant that the keeper made (`limit` null), or refused by this limit. `now_ms`: when it was owed, by the clock. `holder`: whose it
    is by now, where that is not the member that it was owed to.
    """

    limit: KeptLimit | None
    grant: Grant
    now_ms: int
    holder: str = ""


class MadeWithout(Struct, gc=False, tag="made", tag_field="type"):
    """Grants of an activity that a partition has made without its keeper, whom it was to be told of since it told him last; `first`: of all
    that it ever made. `worth`: of their coupons, minor units.
    """

    activity: str
    partition: int
    made: int
    worth: int
    first: bool


_encode = msgspec.json.Encoder().encode
decode_limited: Callable[[bytes], Asked | Decided | MadeWithout | Message] = msgspec.json.Decoder(
    Asked | Decided | MadeWithout | Message
).decode


def encode_limited(message: Asked | Decided | MadeWithout | Message) -> bytes:
    """The record's value."""
    return _encode(message)


def keeper_of(activity: str, partitions: int) -> str:
    """Where the keeper of an activity is asked: a topic/partition."""
    return f"{LIMITED}/{partition_of(activity, partitions)}"


def home_of(member_id: str, partitions: int) -> str:
    """Where a member's grants are told of: a topic/partition."""
    return f"{LIMITED}/{partition_of(member_id, partitions)}"
