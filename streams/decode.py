"""From a record's bytes to a document, or to why it is none (spec 1.6); what must hold of it is `rules.documents.validity`'s."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NoReturn

import msgspec
from msgspec import Struct

from rules.documents.kind import Document
from rules.documents.kinds import ANY_SHAPE, BY_TYPE
from rules.documents.tolerant.reading import read_tolerantly
from rules.documents.validity import InvalidDocument
from streams.feeds.feed import Feed
from streams.feeds.feeds import FEEDS

UNDECODABLE = "undecodable"
INVALID = "invalid"
TOO_LARGE = "too_large"
# Not even the record can be read.
UNREADABLE = "unreadable"


class Malformed(Exception):
    """Bytes that are no acceptable document: `reason` is a code of the dead letters, the message says what is wrong."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Limits(Struct, frozen=True):
    """What a document may measure (spec 1.6)."""

    document_bytes: int
    document_lines: int


# A time with more decimals than a microsecond has: the strict decoder would round it, and it is to be cut off (spec 1.1).
_FINE = re.compile(rb"(?:\.|\\\\u002[eE])[0-9]{7}")
# Of a whole number: what has more is not read as a number, as that takes time that grows with the square of them.
_MOST_DIGITS = 400

_decode: Callable[[bytes], Document] = msgspec.json.Decoder(ANY_SHAPE).decode
# Numbers that are not whole by their digits, so that none is changed.
_parse: Callable[[bytes], object] = msgspec.json.Decoder(float_hook=Decimal).decode


def decode(topic: str, data: bytes | None, limits: Limits) -> Document:
    """The document of a record: spec 1.1 as it is on every feed, else the feed's own shape. Raises Malformed.

    What is in the strict form is read once; what that refuses is looked at again, tolerantly.
    """
    if data is None:
        raise Malformed(UNDECODABLE, "the record has no value")
    if len(data) > limits.document_bytes:
        raise Malformed(TOO_LARGE, f"{len(data)} bytes, more than the {limits.document_bytes} allowed")
    try:
        if not data.isascii():
            # The decoder passes over fields that we do not know without looking at their text.
            data.decode()
        found = _decode(data)
        if not _maybe_fine(data):
            return found
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
    return _look_again(topic, data)


def path_as_sent(topic: str, data: bytes, pointer: str) -> str:
    """The pointer, in the shape in which it was sent, of what the document that `data` is decoded to has at a JSON Pointer."""
    fields = _object(data)
    feed = _own_shape(topic, fields)
    return pointer if feed is None else feed.pointer(feed.read(fields)["type"], pointer)


def _maybe_fine(data: bytes) -> bool:
    return (b"." in data or b"\\u002" in data) and _FINE.search(data) is not None


def _look_again(topic: str, data: bytes) -> Document:
    """What is not in the strict form of spec 1.1: of the feed's own shape, or written in another way. Raises Malformed."""
    fields = _object(data)
    feed = _own_shape(topic, fields)
    try:
        document = fields if feed is None else feed.read(fields)
    except msgspec.ValidationError as error:
        raise Malformed(INVALID, str(error)) from error
    try:
        return read_tolerantly(document).document
    except InvalidDocument as invalid:
        pointer = invalid.field if feed is None else feed.pointer(document["type"], invalid.field)
        raise Malformed(INVALID, f"{pointer}: {invalid.problem}") from invalid


def _object(data: bytes) -> Mapping[str, object]:
    """The JSON object, parsed. Raises Malformed."""
    try:
        fields = _parse(data)
    except msgspec.DecodeError:
        # Half of a surrogate pair, or a number of thousands of digits, in what may be a field that we do not know.
        fields = _parse_slowly(data)
    except RecursionError as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise Malformed(UNDECODABLE, "not a JSON object")
    return fields


def _parse_slowly(data: bytes) -> object:
    try:
        return json.loads(data, parse_float=Decimal, parse_int=_whole, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MOST_DIGITS else Decimal(digits)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _own_shape(topic: str, fields: Mapping[str, object]) -> Feed | None:
    """The feed of the topic, where a document with these fields is of its own shape."""
    feed = FEEDS.get(topic)
    if feed is None or feed.name not in fields or fields.get("type") in BY_TYPE:
        return None
    return feed
