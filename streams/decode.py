"""From a record's bytes to a document, or to why it is none (spec 1.6); what must hold of it is `rules.documents.validity`'s."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from rules.documents.shapes import Document
from streams.feeds.adapters import ADAPTERS

UNDECODABLE = "undecodable"
INVALID = "invalid"
TOO_LARGE = "too_large"


class Malformed(Exception):
    """Bytes that are no acceptable document: `reason` is a code of the dead letters, the message says what is wrong."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Limits(Struct, frozen=True):
    """What a document may measure (spec 1.6)."""

    document_bytes: int
    document_lines: int


_NULL = msgspec.Raw(b"null")

_decode: Callable[[bytes], Document] = msgspec.json.Decoder(Document).decode
_decode_fields: Callable[[bytes], dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def decode(topic: str, data: bytes | None, limits: Limits) -> Document:
    """The document of a record: spec 1.1 as it is on every feed, else the feed's own shape. Raises Malformed."""
    if data is None:
        raise Malformed(UNDECODABLE, "the record has no value")
    if len(data) > limits.document_bytes:
        raise Malformed(TOO_LARGE, f"{len(data)} bytes, more than the {limits.document_bytes} allowed")
    try:
        if not data.isascii():
            # The decoder passes over fields that we do not know without looking at their text.
            data.decode()
        return _decode(data)
    except msgspec.ValidationError as error:
        return _decode_otherwise(topic, data, error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error


def _decode_otherwise(topic: str, data: bytes, why: msgspec.ValidationError) -> Document:
    """What is not of the shape of spec 1.1 as it stands: of the feed's own, or with fields that are null for left out."""
    try:
        # Up to here it was only read as far as the first thing that is wrong.
        fields = _decode_fields(data)
    except msgspec.ValidationError as error:
        raise Malformed(UNDECODABLE, f"not a JSON object: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
    try:
        adapter = ADAPTERS.get(topic)
        adapted = None if adapter is None else adapter(data)
        if adapted is None and _NULL in fields.values():
            adapted = msgspec.json.encode({name: value for name, value in fields.items() if value != _NULL})
        if adapted is not None:
            return _decode(adapted)
    except msgspec.ValidationError as error:
        raise Malformed(INVALID, str(error)) from error
    raise Malformed(INVALID, str(why)) from why
