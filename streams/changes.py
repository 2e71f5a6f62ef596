"""Lines of a replay that are changes of definitions (spec 6): on the topics they stand on `definitions` (streams/definitions.py)."""

from __future__ import annotations

import re

import msgspec

from rules.documents.change import TYPE, Change, read_change
from rules.documents.validity import InvalidDocument
from streams.decode import INVALID, TOO_LARGE, Limits, Malformed

# What cannot be one pays for no more than this: orders have a field `change` as well.
_MAYBE = re.compile(rb'"type"\s*:\s*"%s"' % TYPE.encode())


def change_of(data: bytes, limits: Limits) -> Change | None:
    """The change that a line holds; None where it is another document, or none. Raises Malformed."""
    if _MAYBE.search(data) is None:
        return None
    try:
        values = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(values, dict) or values.get("type") != TYPE:
        return None
    if len(data) > limits.document_bytes:
        raise Malformed(TOO_LARGE, f"{len(data)} bytes, more than the {limits.document_bytes} allowed")
    try:
        return read_change(values)
    except InvalidDocument as invalid:
        raise Malformed(INVALID, str(invalid)) from invalid
