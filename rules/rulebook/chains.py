"""The versions of one definition, each read alone, and which of them are in force (spec 2.5).

What comes of a chain hangs on the records of the definitions topic and nothing else, so it is the same on every worker. A version that
cannot be judged by is left out, and the one before goes on: it costs itself, and never a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from rules.definitions.kind import Kind
from rules.definitions.kinds import ACTIVITY, kind_of, parse, without_nulls
from rules.definitions.program import PROGRAM
from rules.definitions.saved import OF_SCHEDULED, STATE_AFTER, Saved, State
from rules.rulebook.programs import Programs
from rules.state import ALWAYS_MS, NEVER_MS
from rules.times import at_utc

# How long after it was saved a later version holds, so that every worker has read it by then (spec 2.5).
LATER_VERSION_DELAY_MS = 10_000


class Version(Struct, frozen=True):
    """A version, read alone. `kind` and `definition`: None where it has no document of its own, or cannot be judged by: then `fault`
    says why.
    """

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


class Standing(Struct, frozen=True):
    """A version that stands, with what it says, its own or kept from the version before, and the state of the activity (spec 2.5).

    `saved`: the change, with the document that holds then. `compiled`: as `kind.compile` made it; told when it is in force, where
    something can count in it. It holds from `from_ms` until before `until_ms`. `existing_ms`: of a program that is scheduled, from when
    on for those who were there before; NEVER_MS where a later version came before that; None where it is not scheduled (spec 3.6).
    """

    ref: int
    saved: Saved
    kind: Kind
    definition: Any
    state: State
    compiled: Any
    from_ms: int
    until_ms: int
    existing_ms: int | None = None

    def scheduled_until(self, at_ms: int) -> int | None:
        """Until when it is scheduled, as of a time; None where it is not any more."""
        return self.existing_ms if self.existing_ms is not None and at_ms < self.existing_ms < NEVER_MS else None

    @property
    def draft(self) -> bool:
        """Whether it is kept back."""
        return bool(getattr(self.definition, "draft", False))

    @property
    def counts(self) -> bool:
        """Whether something can count in it: it is neither kept back, paused nor archived."""
        return self.state == "running" and not self.draft

    @property
    def document(self) -> dict[str, object]:
        """What it says, as it was written."""
        return self.saved.document


class Chain(Struct, frozen=True):
    """All versions of one definition, oldest first. `standing`: those that are not left out. `in_force`: of these, compiled, those in
    which something can count: neither draft, paused nor archived. `never`: those that change what must stay; they hold for no time, and
    are known to refunds of orders that an older release counted in them.
    """

    versions: Sequence[Version]
    kind: Kind | None
    standing: Sequence[Standing]
    in_force: Sequence[Any]
    never: Sequence[Any]
    left_out: Sequence[LeftOut]

    @property
    def newest(self) -> Standing | None:
        """The newest version that stands."""
        return self.standing[-1] if self.standing else None

    def at(self, time_ms: int) -> Standing | None:
        """The version that holds at a time; None where none stands."""
        return next((each for each in reversed(self.standing) if each.from_ms <= time_ms), None)

    @property
    def next_version(self) -> int:
        """The number that a further version has."""
        return 1 + max((version.saved.version for version in self.versions), default=0)


def read_version(ref: int, saved: Saved) -> Version:
    """Reads a version alone."""
    try:
        return _read(ref, saved)
    except Exception as error:
        # Whatever is wrong with it, on every worker alike.
        return Version(ref, saved, None, None, f"{type(error).__name__}: {error}")


def _read(ref: int, saved: Saved) -> Version:
    document = saved.document
    if saved.change != "save":
        its_kind = PROGRAM.name if saved.change in OF_SCHEDULED else ACTIVITY
        only = "programs" if saved.change in OF_SCHEDULED else "activities"
        wrong = "" if saved.kind == its_kind else f"a {saved.kind} has no {saved.change}: only {only} do"
        return Version(ref, saved, None, None, wrong)
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
        # The first holds from ever, a later one once every worker has it; a broker's clock that was set back lets none overtake.
        from_ms = max(from_ms, version.saved.saved_at_ms + LATER_VERSION_DELAY_MS) if number else ALWAYS_MS
        try:
            chain.add(version, from_ms)
        except _LeftOut as error:
            chain.leave_out(version, str(error))
        except Exception as error:
            chain.leave_out(version, f"{type(error).__name__}: {error}")
    return chain.done()


class _LeftOut(Exception):
    """Why a version cannot be judged by."""


class _Compiling:
    def __init__(self, versions: Sequence[Version], programs: Programs) -> None:
        self._versions = versions
        self._programs = programs
        # The newest that is no draft.
        self._launched: Standing | None = None
        self._standing: list[Standing] = []
        self._never: list[Any] = []
        self._left_out: list[LeftOut] = []

    def add(self, version: Version, from_ms: int) -> None:
        """The next version, which is to hold from a time on. Raises _LeftOut, and whatever a kind's code throws."""
        if version.fault:
            raise _LeftOut(version.fault)
        before = self._standing[-1] if self._standing else None
        scheduled_ms = None if before is None else before.scheduled_until(version.saved.saved_at_ms)
        _check_schedule(version, from_ms, scheduled_ms)
        saved, kind, definition, state = self._said(version)
        launched = self._launched
        if launched is not None and kind is not launched.kind:
            raise _LeftOut(_stays("type"))
        compiled = kind.compile(definition, saved, version.ref, self._versions[0].ref, self._programs)
        existing_ms = version.saved.existing_at_ms if before is not None and version.saved.change == "save" else None
        existing_ms = existing_ms if existing_ms is None else max(existing_ms, from_ms)
        standing = Standing(version.ref, saved, kind, definition, state, compiled, from_ms, NEVER_MS, existing_ms)
        changed = None if launched is None else _changed(launched, standing)
        if changed is not None:
            compiled.hold(ALWAYS_MS, ALWAYS_MS)
            self._never.append(compiled)
            raise _LeftOut(_stays(changed))
        if before is not None:
            over = scheduled_ms is not None and from_ms <= scheduled_ms
            self._standing[-1] = replace(before, until_ms=from_ms, existing_ms=NEVER_MS if over else before.existing_ms)
        self._standing.append(standing)
        if not standing.draft:
            self._launched = standing

    def _said(self, version: Version) -> tuple[Saved, Kind, Any, State]:
        """The change with its document, its own or that of the version before; its kind and definition; the state after it."""
        before = self._standing[-1] if self._standing else None
        if before is not None and before.state == "archived":
            raise _LeftOut(ARCHIVED)
        state: State = "running" if before is None else before.state
        if version.kind is not None:
            return version.saved, version.kind, version.definition, state
        if before is None:
            raise _LeftOut(f"there is nothing before it that it could {version.saved.change}")
        if version.saved.change in OF_SCHEDULED:
            # Cancelled, the program is again as it was before it was scheduled.
            kept = before if version.saved.change == "bring_forward" else self._standing[-2]
            return replace(version.saved, document=kept.document), kept.kind, kept.definition, state
        saved = replace(version.saved, document=before.document)
        return saved, before.kind, before.definition, STATE_AFTER[version.saved.change]

    def leave_out(self, version: Version, fault: str) -> None:
        """A version that cannot be judged by."""
        self._left_out.append(LeftOut(version.ref, version.saved, fault))

    def done(self) -> Chain:
        """The chain, its versions in force told of their times and of each other."""
        for each in self._standing:
            each.compiled.hold(each.from_ms, each.until_ms)
            if each.existing_ms is not None:
                each.compiled.hold_back(each.existing_ms)
        in_force = [each.compiled for each in self._standing if each.counts]
        kind = None if self._launched is None else self._launched.kind
        if kind is not None:
            kind.link(in_force)
        return Chain(self._versions, kind, self._standing, in_force, self._never, self._left_out)


def _check_schedule(version: Version, from_ms: int, scheduled_ms: int | None) -> None:
    """Raises _LeftOut where the program is scheduled and may not be edited, or is not and may not be brought forward or cancelled; or no
    longer, as every worker is to know of it by then.
    """
    change = version.saved.change
    if change not in OF_SCHEDULED:
        if scheduled_ms is not None:
            raise _LeftOut(scheduled(scheduled_ms))
    elif scheduled_ms is None:
        raise _LeftOut(NOT_SCHEDULED)
    elif change == "cancel" and from_ms > scheduled_ms:
        raise _LeftOut(f"it comes too late: it would hold in {LATER_VERSION_DELAY_MS // 1000} s, and what is scheduled before that")


def scheduled(until_ms: int) -> str:
    """Why the rules of a program cannot be edited, and until when."""
    at = at_utc(until_ms)
    return f"its rules cannot be edited until {at}, when those that are scheduled hold for everybody: bring them forward, or cancel them"


NOT_SCHEDULED = "nothing of it is scheduled that could be brought forward or cancelled"
# Why nothing comes after an archive (spec 2.5).
ARCHIVED = "it is archived, which is for good (spec 2.5): use another code"


def _changed(launched: Standing, later: Standing) -> str | None:
    """What must stay, and would not."""
    # Sums are in it, whatever else is.
    if getattr(launched.compiled, "currency", None) != getattr(later.compiled, "currency", None):
        return "currency"
    return launched.kind.changed(launched.definition, later.definition)


def _stays(field: str) -> str:
    return f"{field} of a published definition stays as it is (spec 2.5): put it back, or use another code"
