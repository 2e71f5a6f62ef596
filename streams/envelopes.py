"""What serializers and connectors put around a document, and what is taken off (spec 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What Confluent's serializers write before a value: a zero, which no JSON begins with, and the schema's id.
_MAGIC = 0
_MAGIC_BYTES = 5
# One envelope in the other, as of connectors in a row.
_MOST_ENVELOPES = 8


def without_marks(data: bytes) -> bytes:
    """The text of a record: without the five bytes of a Confluent serializer, and without a byte order mark."""
    if data[:1] == b"\0" and len(data) >= _MAGIC_BYTES:
        data = data[_MAGIC_BYTES:]
    return data.removeprefix(_BYTE_ORDER_MARK)


def unwrapped(value: object, decode: Callable[[str], object], shapes: Collection[str]) -> tuple[object, str]:
    """What stands in Kafka Connect's {"schema", "payload"}, and the JSON Pointer of it; what is in none, as it is.

    A payload that is text is a document as text, and read by `decode`: what JsonConverter makes of a value that another converter, or the
    shop itself, wrote as JSON. `shapes`: the fields that tell a document which is in no envelope, whatever else it has.
    """
    pointer = ""
    for _ in range(_MOST_ENVELOPES):
        if not isinstance(value, Mapping) or not ("payload" in value and "schema" in value):
            break
        if any(value.get(name) is not None for name in shapes):
            break
        value = value["payload"]
        pointer += "/payload"
        if isinstance(value, str):
            value = decode(value.removeprefix("\ufeff"))
    return value, pointer
