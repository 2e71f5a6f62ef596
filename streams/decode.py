"""From a record's bytes to a document, or to why it is none (spec 1.6); what must hold of it is `rules.documents.validity`'s."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from rules.documents.kind import Document
from rules.documents.kinds import ANY_SHAPE, KINDS
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


_NULL = msgspec.Raw(b"null")
# Of spec 1.1, as JSON.
_TYPES = frozenset(msgspec.json.encode(kind.shape.__struct_config__.tag) for kind in KINDS.values())
# As msgspec says where something is wrong.
_PATH = re.compile(r"`\$\.([^`]*)`")

_decode: Callable[[bytes], Document] = msgspec.json.Decoder(ANY_SHAPE).decode
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


def path_as_sent(topic: str, data: bytes, path: str) -> str:
    """The path, in the shape in which it was sent, of what the document that `data` is decoded to has at a path."""
    feed = _own_shape(topic, _decode_fields(data))
    return path if feed is None else feed.path(feed.read(data)["type"], path)


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
        if (feed := _own_shape(topic, fields)) is not None:
            return _convert(feed, feed.read(data))
        if _NULL in fields.values():
            return _decode(msgspec.json.encode({name: value for name, value in fields.items() if value != _NULL}))
    except msgspec.ValidationError as error:
        raise Malformed(INVALID, str(error)) from error
    raise Malformed(INVALID, str(why)) from why


def _own_shape(topic: str, fields: Mapping[str, msgspec.Raw]) -> Feed | None:
    """The feed of the topic, where a document with these fields is of its own shape."""
    feed = FEEDS.get(topic)
    if feed is None or feed.name not in fields or bytes(fields.get("type", b"")) in _TYPES:
        return None
    return feed


def _convert(feed: Feed, document: Mapping[str, object]) -> Document:
    """The document of what a feed's own shape says. Raises Malformed, with the path in that shape."""
    try:
        return msgspec.convert(document, ANY_SHAPE)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        detail = _PATH.sub(lambda found: f"`$.{feed.path(document['type'], found[1])}`", str(error))
        raise Malformed(INVALID, detail) from error
