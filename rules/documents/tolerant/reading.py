"""A document that is not of the strict form, looked at again (spec 1.1): what makes no reward wrong is taken as it is meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import NamedTuple

from rules.documents.kind import Document
from rules.documents.kinds import BY_TYPE
from rules.documents.tolerant.fields import Fields, UnknownWord


class Tolerated(NamedTuple):
    """A document, as strict as any; and the words in it that we do not know: the field's name and the word, each."""

    document: Document
    unknown_words: list[UnknownWord]


def read_tolerantly(document: Mapping[str, object], zone: tzinfo | None = None) -> Tolerated:
    """The document that a JSON object of the canonical shape (spec 1.1 to 1.7) means.

    `document`: parsed, its values as they were sent; numbers that are not whole as Decimal, so that none is changed. `zone`: of times
    without an offset; None: they are invalid. Raises InvalidDocument, with the field as a JSON Pointer (RFC 6901) in this shape:
    "/lines/0/amount".
    """
    unknown: list[UnknownWord] = []
    fields = Fields(document, "", zone, unknown)
    type_ = document.get("type")
    kind = BY_TYPE.get(type_) if isinstance(type_, str) else None
    if kind is None:
        fields.wrong("type", f"one of {', '.join(BY_TYPE)}")
    return Tolerated(kind.read(fields), unknown)
