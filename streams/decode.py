"""From a record's bytes to a document, or to why it is none (spec 1.6); what must hold of it is `rules.documents.validity`'s.

First strictly, as spec 1.1 writes it: most are, and pay for nothing else. Only what that refuses is looked at again: as of a feed's own
shape, in an envelope, and as others write numbers, times and nothing at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import NoReturn, cast
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from rules.documents.kind import Document
from rules.documents.kinds import ANY_SHAPE, BY_TYPE
from rules.documents.tolerant.fields import UnknownWord, shown
from rules.documents.tolerant.numbers import decimal_of
from rules.documents.tolerant.reading import read_tolerantly
from rules.documents.validity import InvalidDocument
from streams.envelopes import unwrapped, without_marks
from streams.feeds.feed import AsSent, Feed
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


class LookedAgain(Struct, gc=False):
    """A document that is not of the strict form; as it was sent; and the words in it that are unknown."""

    document: Document
    sent: AsSent
    unknown: Sequence[UnknownWord]


# Of a document that was taken before, whatever the limits are now.
NO_LIMITS = Limits(2**63, 2**63)
# Where it does not matter which instant a time without an offset is.
ANY_ZONE = ZoneInfo("UTC")
# Told by which a document is in no envelope.
_SHAPES = ("type", *(feed.name for feed in FEEDS))
# As a byte: looking for one costs next to nothing.
_POINT = ord(".")
_BACKSLASH = ord("\\")
# A time with more decimals than this the strict decoder would round, and it is to be cut off (spec 1.1).
_FINEST_DIGITS = 6
# The point, as JSON may write it too.
_ESCAPED_POINT = re.compile(rb"\\u002[eE][0-9]{7}")
# Perhaps half of a surrogate pair, which no text can have: JSON may.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# Of a whole number: what has more is not read as a number, as that takes time that grows with the square of them.
_MOST_DIGITS = 400

_decode: Callable[[bytes], Document] = msgspec.json.Decoder(ANY_SHAPE).decode
# Numbers that are not whole by their digits, so that none is changed.
_parse: Callable[[bytes | str], object] = msgspec.json.Decoder(float_hook=decimal_of).decode


def decode(data: bytes | None, limits: Limits, zone: ZoneInfo | None = None) -> Document:
    """The document of a record. `zone`: of times without an offset. Raises Malformed; PassedOver."""
    found = decode_strictly(data, limits)
    if found is not None:
        return found
    assert data is not None
    return look_again(data, zone).document


def decode_strictly(data: bytes | None, limits: Limits) -> Document | None:
    """The document of spec 1.1 as it stands; None where it is to be looked at again. Raises Malformed."""
    if data is None:
        raise Malformed(UNDECODABLE, "the record has no value")
    if len(data) > limits.document_bytes:
        raise Malformed(TOO_LARGE, f"{len(data)} bytes, more than the {limits.document_bytes} allowed")
    try:
        if not data.isascii():
            # The decoder passes over fields that we do not know without looking at their text.
            data.decode()
        found = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if (_POINT in data or _BACKSLASH in data) and _maybe_fine(data):
        return None
    return found


def decode_first(values: Sequence[bytes | None], limits: Limits) -> list[Document]:
    """The documents of the first of these records, as `decode_strictly` has them; the others, if any, are to be asked of it one by one.

    What is asked of every document is asked of all of them at once, and they are decoded without a call for each.
    """
    found: list[Document] = []
    if None in values:
        return found
    given = cast("Sequence[bytes]", values)
    if max(map(len, given), default=0) > limits.document_bytes:
        return found
    whole = b"\n".join(given)
    if not whole.isascii() or _POINT in whole or _BACKSLASH in whole:
        return found
    with suppress(msgspec.MsgspecError, RecursionError):
        # Those before one that is refused are in it by then.
        found.extend(map(_decode, given))
    return found


def look_again(data: bytes, zone: ZoneInfo | None) -> LookedAgain:
    """What is not of the strict form (spec 1.1, 1.3). Raises Malformed, by the JSON Pointer of what was sent; PassedOver."""
    text = without_marks(data)
    whole = _json(text)
    found, root = unwrapped(whole, _json, _SHAPES)
    if not isinstance(found, dict):
        where = f"{root}: " if root else ""
        raise Malformed(UNDECODABLE, f"{where}not a JSON object: {shown(found)}")
    sent = _as_sent(found, root)
    # Refused as it stood, it may be in the strict form now that what was around it is gone.
    changed = sent.document is not whole or text is not data
    if changed and not _maybe_fine(data) and _SURROGATE.search(data) is None and (document := _strictly(sent.document)) is not None:
        return LookedAgain(document, sent, ())
    try:
        document, unknown = read_tolerantly(sent.document, zone)
    except InvalidDocument as invalid:
        raise Malformed(INVALID, f"{sent.pointer(invalid.field)}: {invalid.problem}") from invalid
    return LookedAgain(document, sent, unknown)


def _strictly(document: Mapping[str, object]) -> Document | None:
    try:
        return msgspec.convert(document, ANY_SHAPE)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        return None


def pointer_as_sent(data: bytes, pointer: str) -> str:
    """The JSON Pointer, in what was sent, of what the document that these bytes hold has at one in the canonical shape."""
    if decode_strictly(data, NO_LIMITS) is not None:
        return pointer
    return look_again(data, ANY_ZONE).sent.pointer(pointer)


def _maybe_fine(data: bytes) -> bool:
    """Whether there may be a time that is finer than a microsecond."""
    at = data.find(_POINT)
    while at >= 0:
        digits = data[at + 1 : at + 2 + _FINEST_DIGITS]
        if len(digits) > _FINEST_DIGITS and digits.isdigit():
            return True
        at = data.find(_POINT, at + 1)
    return _BACKSLASH in data and _ESCAPED_POINT.search(data) is not None


def _json(text: bytes | str) -> object:
    """What the text says. Raises Malformed."""
    try:
        return _parse(text)
    except RecursionError as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # Perhaps half of a surrogate pair, or a number of thousands of digits, in what may be a field that we do not know.
        return _parse_slowly(text)


def _parse_slowly(text: bytes | str) -> object:
    try:
        # Of bytes, json would take other encodings than UTF-8.
        text = text if isinstance(text, str) else text.decode()
        return json.loads(text, parse_float=decimal_of, parse_int=_whole, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MOST_DIGITS else Decimal(digits)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _as_sent(fields: Mapping[str, object], root: str) -> AsSent:
    """The document that the object at a JSON Pointer is: of spec 1.1 where it says so, else of a feed's shape. Raises Malformed."""
    kind = fields.get("type")
    if not (isinstance(kind, str) and kind in BY_TYPE):
        for feed in FEEDS:
            own = fields.get(feed.name)
            if own is not None:
                return _read(feed, own, f"{root}/{feed.name}")
    return AsSent(fields, root)


def _read(feed: Feed, own: object, at: str) -> AsSent:
    if not isinstance(own, dict):
        raise Malformed(INVALID, f"{at}: expected an object; got {shown(own)}")
    try:
        sent = feed.read(own)
    except InvalidDocument as invalid:
        raise Malformed(INVALID, f"{at}{invalid.field}: {invalid.problem}") from invalid
    return AsSent(sent.document, at, sent.names, sent.lines)
