"""A version of a definition as it stands on the definitions topic: a change (spec 2.5, 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from rules.times import at_utc, epoch_us, iso, moment_us

# What this release writes, and the newest that it reads. A release that gives a definition a meaning which older ones do not know (a
# new change, kind or type, a new field that orders are judged by) writes a higher one. Format 3: a record is a change.
FORMAT = 3

ChangeName = Literal["save", "pause", "resume", "archive", "bring_forward", "cancel"]
CHANGE_NAMES: tuple[ChangeName, ...] = get_args(ChangeName)
# In which state an activity is after each but a save, which keeps it.
State = Literal["running", "paused", "archived"]
STATE_AFTER: dict[str, State] = {"pause": "paused", "resume": "running", "archive": "archived"}
# Of a program that is scheduled (spec 3.6).
OF_SCHEDULED: frozenset[ChangeName] = frozenset({"bring_forward", "cancel"})


class Saved(Struct, frozen=True, kw_only=True):
    """`document`: the definition as it was written; empty of a change that keeps the one before. Times are epoch ms.

    `format`: what a reader must know to judge by it; `release`: the first that does. The first version holds from ever, a later one
    from 10 s after `saved_at_ms`, which is the broker's timestamp; in a replay it was saved `finer_us` later. `existing_us`: of a program,
    when it comes to hold for those who are there already (epoch us; spec 3.6); None: at once.
    """

    kind: str
    code: str
    version: int
    saved_at_ms: int
    saved_by: str = ""
    change: ChangeName = "save"
    format: int = 1
    release: str = ""
    document: dict[str, object] = {}
    existing_us: int | None = None
    finer_us: int = 0

    @property
    def name(self) -> str:
        """What messages call the definition."""
        return f"{self.kind}/{self.code}"

    @property
    def saved_us(self) -> int:
        """When it was saved (epoch us)."""
        return self.saved_at_ms * 1000 + self.finer_us


class _Record(Struct, kw_only=True):
    """On the topic, as far as it is read. Records of before say no `change`: they save."""

    change: ChangeName = "save"
    kind: str
    code: str
    version: int
    saved_by: str | None = None
    format: int = 1
    release: str = ""
    document: dict[str, object] | None = None
    existing_at: datetime | None = None


class _Format(Struct):
    format: int = 1
    release: str = ""


class UnreadableSaved(ValueError):
    """A record that is no saved definition."""


class NewerFormat(Exception):
    """A definition that this release cannot judge by. It must not come into force while a worker of this release runs."""


_format = msgspec.json.Decoder(_Format)
_record = msgspec.json.Decoder(_Record)
# Of what the record says; it is printed.
_RELEASE_SHOWN = 40
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


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
        record = _record.decode(value)
    except _UNREADABLE as error:
        raise UnreadableSaved(str(error)) from error
    if record.change == "save" and record.document is None:
        raise UnreadableSaved("a change that saves has no document")
    return Saved(
        kind=record.kind,
        code=record.code,
        version=record.version,
        saved_at_ms=saved_at_ms,
        saved_by=record.saved_by or "",
        change=record.change,
        format=record.format,
        release=record.release,
        document=record.document if record.change == "save" and record.document is not None else {},
        existing_us=None if record.existing_at is None else epoch_us(record.existing_at),
    )


def write_saved(saved: Saved) -> bytes:
    """The record's value of a version (spec 6); its key is kind/code/version/nonce. `saved_at` is only told."""
    record: dict[str, object] = {
        "type": "change",
        "change": saved.change,
        "kind": saved.kind,
        "code": saved.code,
        "version": saved.version,
        "saved_at": at_utc(saved.saved_at_ms),
        "saved_by": saved.saved_by,
        "format": FORMAT,
    }
    if saved.change == "save":
        record["document"] = saved.document
        if saved.existing_us is not None:
            record["existing_at"] = iso(moment_us(saved.existing_us))
    return msgspec.json.encode(record)
