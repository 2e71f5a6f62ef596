"""How a partition's state stands in its changelog: the keys, and the records that are not of a member or an order.

`~head` is the last record of every turn: with it, the turn is done. `~out/N`: what the turn puts out, in a ring of RING slots.
"""

from __future__ import annotations

import zlib

import msgspec
from msgspec import Struct

from rules.state import NEVER_MS, Member, OrderRecord, Seen

HEAD = b"~head"
FENCE = b"~fence"
# How many turns may be committed before the outputs of the first are acknowledged.
RING = 8

_COMPRESS_FROM_BYTES = 64 * 1024


class Output(Struct, array_like=True, gc=False):
    """One record that a turn puts out: the topic's short name, its event's id, its key and its value, published byte for byte."""

    topic: str
    event_id: str
    key: str | None
    value: bytes


class Head(Struct, array_like=True, gc=False):
    """A turn that is done.

    `positions`: by source topic, the next offset to read. `clock_ms`: the partition's clock. `unpublished_from`: the first turn whose
    outputs were not acknowledged when this one was committed. `topic_ids`: which incarnation of each topic the positions and refs
    are of. `judged_ref`: the newest version of a program by which every member was judged; -1: none was changed yet.
    """

    turn: int
    positions: dict[str, int]
    clock_ms: int
    unpublished_from: int
    topic_ids: dict[str, str]
    judged_ref: int = -1


_encoder = msgspec.msgpack.Encoder()
_NEVER = NEVER_MS.to_bytes(8, "big")
_member_decoder = msgspec.msgpack.Decoder(Member)
_order_decoder = msgspec.msgpack.Decoder(OrderRecord)
_seen_decoder = msgspec.msgpack.Decoder(Seen)
_head_decoder = msgspec.msgpack.Decoder(Head)
_outputs_decoder = msgspec.msgpack.Decoder(list[Output])


def out_key(turn: int) -> bytes:
    """The key of a turn's outputs."""
    return b"~out/%d" % (turn % RING)


def member_key(member_id: str) -> bytes:
    """The key of a member's record."""
    return b"m" + member_id.encode()


def chunk_key(day: int, turn: int) -> bytes:
    """The key of the orders that a turn added."""
    return b"o" + day.to_bytes(4, "big", signed=True) + turn.to_bytes(8, "big")


def chunk_of(key: bytes) -> tuple[int, int]:
    """The day and turn of a chunk's key."""
    return int.from_bytes(key[1:5], "big", signed=True), int.from_bytes(key[5:13], "big")


def encode_member(member: Member) -> bytes:
    """A member's record: his next due time (8 bytes, epoch ms), so that timers need no decoding, and the rest."""
    due_ms = min(held.due_ms for held in member.held) if member.held else NEVER_MS
    return due_ms.to_bytes(8, "big") + _encoder.encode(member)


def decode_member(data: bytes) -> Member:
    """The member of a record."""
    return _member_decoder.decode(memoryview(data)[8:])


def has_due(data: bytes) -> bool:
    """Whether something of a member's record is due some day."""
    return not data.startswith(_NEVER)


encode_order = _encoder.encode
decode_order = _order_decoder.decode
encode_seen = _encoder.encode
decode_seen = _seen_decoder.decode
encode_head = _encoder.encode
decode_head = _head_decoder.decode


def encode_outputs(turn: int, outputs: list[Output]) -> bytes:
    """The outputs of a turn; compressed where they are many, since many grants of one order are all but alike."""
    data = _encoder.encode(outputs)
    head = turn.to_bytes(8, "big")
    if len(data) < _COMPRESS_FROM_BYTES:
        return head + b"\0" + data
    return head + b"\1" + zlib.compress(data, 1)


def decode_outputs(data: bytes) -> tuple[int, list[Output]]:
    """The turn and its outputs."""
    body = data[9:]
    return int.from_bytes(data[:8], "big"), _outputs_decoder.decode(zlib.decompress(body) if data[8] else body)
