"""How a partition's state stands in its changelog: the keys, and the records that are not of a member or an order.

`~head` is the last record of every turn: with it, the turn is done. `~out/N`: what the turn puts out, in a ring of RING slots.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

import msgspec

from broker.wire.batches import ByTopic, Entry
from rules.documents.content import CONTENT_BYTES
from rules.order_record import OrderRecord
from tables.head import Head
from tables.orders.chunk import CHUNK_FORMAT
from tables.orders.parts import OrderParts

HEAD: Final = b"~head"
FENCE: Final = b"~fence"
OUT: Final = b"~out/"
# Gifts of a member that are put by (tables/member/put_by.py): the number of the record, and his id.
PUT_BY: Final = b"g"
_NUMBER_BYTES: Final = 4
# What keepers know (tables/keeping.py).
KEEPING: Final = b"~keeping"
# What was made of an activity without its keeper, by its code (tables/made.py).
MADE: Final = b"~made/"
# A grant that waits at its keeper, by number, which is their order, and by the activity's code.
ASKED: Final = b"~asked/"
# Of a copy that was taken over: what stands before it stood at other offsets when it was written.
ADOPTED: Final = b"~adopted"
# How many turns may be committed before the outputs of the first are acknowledged.
RING: Final = 8

# Far more than what many orders put out: one order's ten thousand grants are all but alike.
_COMPRESS_FROM_BYTES: Final = 1536 * 1024
# How outputs are written: the format of their record, after the turn.
_AS_THEY_ARE: Final = b"\0"
_COMPRESSED: Final = b"\1"

_CAME_BYTES: Final = 7
CAME_UNTIL: Final = CONTENT_BYTES + _CAME_BYTES
# Of a time, as two's complement has it.
_CAME_BITS: Final = (1 << 8 * _CAME_BYTES) - 1

_encode: Final = msgspec.msgpack.Encoder().encode
_order_decoder: Final = msgspec.msgpack.Decoder(OrderParts)
_head_decoder: Final = msgspec.msgpack.Decoder(Head)
_outputs_decoder: Final = msgspec.msgpack.Decoder(dict[str, list[Entry]])


def out_key(turn: int) -> bytes:
    """The key of a turn's outputs."""
    return OUT + b"%d" % (turn % RING)


def made_key(activity: str) -> bytes:
    """The key of what was made of an activity without its keeper."""
    return MADE + activity.encode()


def activity_of(key: bytes) -> str:
    """Of which activity such a key is."""
    return key[len(MADE) :].decode()


def asked_key(number: int, activity: str) -> bytes:
    """The key of a grant that waits at its keeper."""
    return ASKED + b"%d/" % number + activity.encode()


def asked_of(key: bytes) -> tuple[int, str]:
    """The number and the activity's code of such a key."""
    number, _, activity = key[len(ASKED) :].partition(b"/")
    return int(number), activity.decode()


def member_key(member_id: str) -> bytes:
    """The key of a member's record."""
    return b"m" + member_id.encode()


def member_id_of(key: bytes) -> str | None:
    """Whose record has this key; None for a record that is no member's."""
    return key[1:].decode() if key[:1] == b"m" else None


def put_by_key(member_id: str, number: int) -> bytes:
    """The key of a record of gifts of a member that are put by."""
    return PUT_BY + number.to_bytes(_NUMBER_BYTES, "big") + member_id.encode()


def is_put_by(key: bytes, member_id: str) -> bool:
    """Whether a key is of such a record of that member."""
    return key[:1] == PUT_BY and key[1 + _NUMBER_BYTES :] == member_id.encode()


def chunk_key(day: int, turn: int, chunk_format: int = CHUNK_FORMAT) -> bytes:
    """The key of the orders that a turn added."""
    return b"o" + day.to_bytes(4, "big", signed=True) + bytes((chunk_format,)) + turn.to_bytes(7, "big")


def chunk_of(key: bytes) -> tuple[int, int, int]:
    """The day, turn and format of a chunk's key."""
    return int.from_bytes(key[1:5], "big", signed=True), int.from_bytes(key[6:13], "big"), key[5]


def index_key(group: int) -> bytes:
    """The key of a group of the orders' index."""
    return b"i" + group.to_bytes(2, "big")


def group_of(key: bytes) -> int:
    """The group of an index key."""
    return int.from_bytes(key[1:3], "big")


def encode_order(record: OrderRecord) -> bytes:
    """An order's record: its content's digest first, so that duplicates need no decoding; when it came, 56 bits; and the rest."""
    parts: tuple[object, ...] = (
        record.currency,
        record.items,
        record.programs,
        record.activities,
        record.left_out,
        record.taken_back,
    )
    return encode_parts(record.content, record.came_ms, parts_with(parts, record.weighed, record.terms, record.used))


def encode_parts(content: bytes, came_ms: int, parts: tuple[object, ...]) -> bytes:
    """The same of the rest's parts, in their order; what is last of them may be left out (OrderParts)."""
    return content + (came_ms & _CAME_BITS).to_bytes(_CAME_BYTES, "big") + _encode(parts)


def parts_with(
    parts: tuple[object, ...], weighed: dict[str, int] | None, terms: Sequence[int], used: Sequence[int]
) -> tuple[object, ...]:
    """The parts that every order has, and of those that few have all up to the last that is not empty."""
    if used:
        return *parts, weighed or {}, terms, used
    if terms:
        return *parts, weighed or {}, terms
    return (*parts, weighed) if weighed else parts


def decode_order(data: bytes) -> OrderRecord:
    """The order of a record."""
    came_ms = int.from_bytes(data[CONTENT_BYTES:CAME_UNTIL], "big", signed=True)
    parts = _order_decoder.decode(data[CAME_UNTIL:])
    return OrderRecord(
        data[:CONTENT_BYTES],
        came_ms,
        parts.currency,
        parts.items,
        parts.programs,
        parts.activities,
        parts.left_out,
        parts.taken_back,
        parts.weighed or None,
        parts.terms or (),
        parts.used or (),
    )


encode_head = _encode
decode_head = _head_decoder.decode


def encode_outputs(turn: int, outputs: ByTopic) -> bytes:
    """What a turn puts out, by topic; compressed where they are many, since many grants of one order are all but alike."""
    data = _encode(outputs)
    head = turn.to_bytes(8, "big")
    if len(data) < _COMPRESS_FROM_BYTES:
        return head + _AS_THEY_ARE + data
    return head + _COMPRESSED + zlib.compress(data, 1)


def decode_outputs(data: bytes) -> tuple[int, dict[str, list[Entry]]]:
    """The turn and what it puts out. Raises ValueError for a format that is not known."""
    written, body = data[8:9], data[9:]
    if written not in (_AS_THEY_ARE, _COMPRESSED):
        raise ValueError(f"outputs of format {written!r}")
    return int.from_bytes(data[:8], "big"), _outputs_decoder.decode(zlib.decompress(body) if written == _COMPRESSED else body)
