"""A version of a definition as it stands on the definitions topic (spec 2.5)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

# What this release writes, and the newest that it reads. A release that gives a definition a meaning which older ones do not know (a
# new kind or type, a new field that orders are judged by) writes a higher one into the records that have it: see `format_of`.
FORMAT = 2
# Since format 2: what may be named in not_with.assets (spec 2.1).
_ASSETS_SINCE_2 = frozenset(("gift_card", "group_voucher"))


class Saved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`document` is the definition as it was written. Key on the topic: kind/code/version/nonce. Times are epoch ms.

    `format`: what a reader must know to judge by it; `release`: the first that does. The first version holds from the document's own
    start, a later one from 10 s after `saved_at_ms`, which is the broker's timestamp.
    """

    kind: str
    code: str
    version: int
    saved_at_ms: int
    saved_by: str = ""
    format: int = 1
    release: str = ""
    document: dict[str, object]


class _Format(Struct):
    format: int = 1
    release: str = ""


class UnreadableSaved(ValueError):
    """A record that is no saved definition."""


class NewerFormat(Exception):
    """A definition that this release cannot judge by. It must not come into force while a worker of this release runs."""


_format = msgspec.json.Decoder(_Format)
_saved = msgspec.json.Decoder(Saved)
# Of what the record says; it is printed.
_RELEASE_SHOWN = 40
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def format_of(document: Mapping[str, object]) -> int:
    """What a reader must know to judge by a definition: the lowest format in which all of it has its meaning."""
    not_with = document.get("not_with")
    assets = not_with.get("assets") if isinstance(not_with, Mapping) else None
    if isinstance(assets, list | tuple) and not _ASSETS_SINCE_2.isdisjoint(each for each in assets if isinstance(each, str)):
        return 2
    return 1


def read_saved(value: bytes, saved_at_ms: int) -> Saved:
    """The version that a record's value holds; `saved_at_ms`: the record's timestamp. Raises UnreadableSaved, NewerFormat."""
    try:
        found = _format.decode(value)
    except _UNREADABLE as error:
        raise UnreadableSaved(str(error)) from error
    if found.format > FORMAT:
        needed = f"release {found.release[:_RELEASE_SHOWN]!r} or later" if found.release else "a newer release"
        raise NewerFormat(f"a definition of format {found.format} was published, and this release knows {FORMAT}: run {needed}")
    try:
        saved = _saved.decode(value)
    except _UNREADABLE as error:
        raise UnreadableSaved(str(error)) from error
    return msgspec.structs.replace(saved, saved_at_ms=saved_at_ms)
