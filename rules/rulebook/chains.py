"""The versions of one definition, each read alone, and which of them are in force (spec 2.5).

What comes of a chain hangs on the records of the definitions topic and nothing else, so it is the same on every worker. A version that
cannot be judged by is left out, and the one before goes on: it costs itself, and never a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from rules.definitions.kind import Kind
from rules.definitions.kinds import kind_of, parse, without_nulls
from rules.definitions.saved import Saved
from rules.rulebook.programs import Programs
from rules.state import ALWAYS_MS, NEVER_MS

# How long after it was saved a later version holds, so that every worker has read it by then (spec 2.5).
LATER_VERSION_DELAY_MS = 10_000


class Version(Struct, frozen=True):
    """A version, read. `kind` and `definition`: None where it cannot be judged by, and then `fault` says why."""

    ref: int
    saved: Saved
    kind: Kind | None
    definition: Any
    fault: str = ""


class LeftOut(Struct, frozen=True):
    """A version that is not judged by, and why not."""

    ref: int
    saved: Saved
    fault: str


class Chain(Struct, frozen=True):
    """All versions of one definition, oldest first. `in_force`: compiled, those that hold for some time. `never`: those that change what
    must stay; they hold for no time, and are known to refunds of orders that an older release counted in them.
    """

    versions: Sequence[Version]
    kind: Kind | None
    in_force: Sequence[Any]
    never: Sequence[Any]
    left_out: Sequence[LeftOut]


def read_version(ref: int, saved: Saved) -> Version:
    """Reads a version alone."""
    try:
        return _read(ref, saved)
    except Exception as error:
        # Whatever is wrong with it, on every worker alike.
        return Version(ref, saved, None, None, f"{type(error).__name__}: {error}")


def _read(ref: int, saved: Saved) -> Version:
    document = saved.document
    if document.get("kind") != saved.kind or document.get("code") != saved.code:
        return Version(ref, saved, None, None, "the document is of another kind or code than the record says")
    kind = kind_of(document)
    if kind is None:
        return Version(ref, saved, None, None, "this release knows no such kind, or type of activity")
    try:
        definition = parse(document)
    except msgspec.ValidationError as error:
        return Version(ref, saved, None, None, str(error))
    given = without_nulls(document)
    assert isinstance(given, dict)
    for fault in kind.faults(definition, given):
        if not fault.warning:
            return Version(ref, saved, None, None, f"{fault.field}: {fault.message}")
    return Version(ref, saved, kind, definition)


def compile_chain(versions: Sequence[Version], programs: Programs) -> Chain:
    """Compiles the versions of one definition, each guarded."""
    chain = _Compiling(versions, programs)
    from_ms = ALWAYS_MS
    for number, version in enumerate(versions):
        # The first holds from its start, a later one once every worker has it; a broker's clock that was set back lets none overtake.
        from_ms = max(from_ms, version.saved.saved_at_ms + LATER_VERSION_DELAY_MS) if number else ALWAYS_MS
        chain.add(version, from_ms)
    return chain.done()


class _Compiling:
    def __init__(self, versions: Sequence[Version], programs: Programs) -> None:
        self._versions = versions
        self._programs = programs
        self._launched: Version | None = None
        self._in_force: list[tuple[int, Any]] = []
        self._never: list[Any] = []
        self._left_out: list[LeftOut] = []

    def add(self, version: Version, from_ms: int) -> None:
        """The next version, which was to hold from a time on."""
        kind, launched = version.kind, self._launched
        if kind is None:
            self._leave_out(version, version.fault)
            return
        if launched is not None and kind is not launched.kind:
            self._leave_out(version, _stays("type"))
            return
        if launched is None and getattr(version.definition, "draft", False):
            return
        try:
            first_ref = self._versions[0].ref
            compiled = kind.compile(version.definition, version.saved, version.ref, first_ref, self._programs)
            changed = None if launched is None else self._changed(kind, launched, version, compiled)
        except Exception as error:
            self._leave_out(version, f"{type(error).__name__}: {error}")
            return
        if changed is not None:
            compiled.hold(ALWAYS_MS, ALWAYS_MS)
            self._never.append(compiled)
            self._leave_out(version, _stays(changed))
            return
        self._launched = version
        self._in_force.append((from_ms, compiled))

    def done(self) -> Chain:
        """The chain, its versions in force told of their times and of each other."""
        for at, (from_ms, compiled) in enumerate(self._in_force):
            compiled.hold(from_ms, self._in_force[at + 1][0] if at + 1 < len(self._in_force) else NEVER_MS)
        in_force = [compiled for _, compiled in self._in_force]
        kind = None if self._launched is None else self._launched.kind
        if kind is not None:
            kind.link(in_force)
        return Chain(self._versions, kind, in_force, self._never, self._left_out)

    def _changed(self, kind: Kind, launched: Version, version: Version, compiled: Any) -> str | None:
        # Sums are in it, whatever it is left out for.
        if getattr(compiled, "currency", None) != getattr(self._in_force[-1][1], "currency", None):
            return "currency"
        return kind.changed(launched.definition, version.definition)

    def _leave_out(self, version: Version, fault: str) -> None:
        self._left_out.append(LeftOut(version.ref, version.saved, fault))


def _stays(field: str) -> str:
    return f"{field} of a published definition stays as it is (spec 2.5): put it back, or use another code"
