"""A member's record: one array, which begins with its format and, in eight bytes, with when something of his is next due.

So recovery reads who is due without decoding anybody. What each order touches follows, and then, as bytes until it is asked for, what
changes seldom. The format before is read as well; what is written is the newest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from rules.state import DUE_FROM_MS, MEMBER_FORMAT, NEVER_MS, PARTS, Member, Seldom
from tables.member.before import Before

# The array's header, the format, and the header of the eight bytes stand before them.
_FORMAT_AT: Final = 1
DUE_AT: Final = 3
_DUE_UNTIL: Final = 11
# A due time never begins so.
NEVER_BEGINS: Final = NEVER_MS >> 56
# How what changes seldom begins to say until when runs are done with: the part's name, as a text of one character.
_RAN: Final = msgspec.msgpack.encode(PARTS["ran_ms"])

encode_member: Final[Callable[[Member], bytes]] = msgspec.msgpack.Encoder().encode
_decode_newest: Final[Callable[[bytes], Member]] = msgspec.msgpack.Decoder(Member).decode
_decode_before: Final = msgspec.msgpack.Decoder(Before).decode


def decode_member(data: bytes) -> Member:
    """The member of a record. Raises msgspec.ValidationError for a format that is not known."""
    if data[_FORMAT_AT] == MEMBER_FORMAT:
        return _decode_newest(data)
    before = _decode_before(data)
    member = Member(
        memberships=before.memberships,
        progress=before.progress,
        granted=before.granted,
        rest=Seldom(held=before.held, gained=before.gained),
        registered=before.registered,
    )
    member.find_due()
    return member


def may_be_due(data: bytes) -> bool:
    """Whether something of a record may be due some day; false for most, and at once."""
    return data[DUE_AT] != NEVER_BEGINS


def is_plain(data: bytes) -> bool:
    """Whether a record says that nothing is due, and nothing of runs that are done with (`Seldom.ran_ms`): that of most, told at once."""
    return data[DUE_AT] == NEVER_BEGINS and _RAN not in data and data[_FORMAT_AT] == MEMBER_FORMAT


def has_run(data: bytes) -> bool:
    """Whether a record may say until when runs are done with."""
    return _RAN in data or data[_FORMAT_AT] != MEMBER_FORMAT


def due_ms_of(data: bytes) -> int:
    """When something of a record is next due; NEVER_MS where nothing is."""
    if data[_FORMAT_AT] != MEMBER_FORMAT:
        return decode_member(data).due_ms
    due = int.from_bytes(data[DUE_AT:_DUE_UNTIL], "big")
    return NEVER_MS if due == NEVER_MS else due + DUE_FROM_MS
