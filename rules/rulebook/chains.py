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
from rules.state import ALWAYS_US, NEVER_US
from rules.times import iso, moment_us, rounded_up_ms

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
    something can count in it. It holds from `from_us` until before `until_us` (epoch us). `existing_us`: of a program that is scheduled,
    from when on for those who were there before; NEVER_US where a later version came before that; None where it is not scheduled (3.6).
    """

    ref: int
    saved: Saved
    kind: Kind
    definition: Any
    state: State
    compiled: Any
    from_us: int
    until_us: int
    existing_us: int | None = None

    def scheduled_until(self, at_us: int) -> int | None:
        """Until when it is scheduled, as of a time; None where it is not any more."""
        return self.existing_us if self.existing_us is not None and at_us < self.existing_us < NEVER_US else None

    @property
    def from_ms(self) -> int:
        """The first of the milliseconds (epoch) from which on it holds."""
        return rounded_up_ms(self.from_us)

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


def compile_chain(versions: Sequence[Version], programs: Programs, before: Chain | None = None) -> Chain:
    """Compiles the versions of one definition, each guarded. `before`: the chain of the first of them, under programs that mean the
    same. What is compiled of it is taken over, but for the newest that stands, which holds no longer for ever; what these are told of
    further ones changes nothing for whoever still folds by that chain.
    """
    chain = _Compiling(versions, programs)
    taken = 0 if before is None else chain.take_over(before)
    from_us = ALWAYS_US
    for number, version in enumerate(versions):
        # The first holds from ever, a later one once every worker has it; a broker's clock that was set back lets none overtake.
        from_us = max(from_us, version.saved.saved_us + LATER_VERSION_DELAY_MS * 1000) if number else ALWAYS_US
        if number < taken:
            continue
        try:
            chain.add(version, from_us)
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

    def take_over(self, before: Chain) -> int:
        """Takes what is compiled of a chain, up to the newest version that stands, which is to be compiled anew; how many versions."""
        newest = before.newest
        if newest is None:
            return 0
        self._standing = list(before.standing[:-1])
        self._launched = next((each for each in reversed(self._standing) if not each.draft), None)
        self._never = [each for each in before.never if each.ref < newest.ref]
        self._left_out = [each for each in before.left_out if each.ref < newest.ref]
        return next(number for number, each in enumerate(before.versions) if each.ref == newest.ref)

    def add(self, version: Version, from_us: int) -> None:
        """The next version, which is to hold from a time (epoch us) on. Raises _LeftOut, and whatever a kind's code throws."""
        if version.fault:
            raise _LeftOut(version.fault)
        before = self._standing[-1] if self._standing else None
        scheduled_us = None if before is None else before.scheduled_until(version.saved.saved_us)
        _check_schedule(version, from_us, scheduled_us)
        saved, kind, definition, state = self._said(version)
        launched = self._launched
        if launched is not None and kind is not launched.kind:
            raise _LeftOut(_stays("type"))
        given = without_nulls(saved.document)
        assert isinstance(given, dict)
        compiled = kind.compile(definition, replace(saved, document=given), version.ref, self._versions[0].ref, self._programs)
        existing_us = version.saved.existing_us if before is not None and version.saved.change == "save" else None
        existing_us = existing_us if existing_us is None else max(existing_us, from_us)
        standing = Standing(version.ref, saved, kind, definition, state, compiled, from_us, NEVER_US, existing_us)
        changed = None if launched is None else _changed(launched, standing)
        if changed is not None:
            compiled.hold(ALWAYS_US, ALWAYS_US)
            self._never.append(compiled)
            raise _LeftOut(_stays(changed))
        if before is not None:
            over = scheduled_us is not None and from_us <= scheduled_us
            self._standing[-1] = replace(before, until_us=from_us, existing_us=NEVER_US if over else before.existing_us)
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
            each.compiled.hold(each.from_us, each.until_us)
            if each.existing_us is not None:
                each.compiled.hold_back(each.existing_us)
        in_force = [each.compiled for each in self._standing if each.counts]
        kind = None if self._launched is None else self._launched.kind
        if kind is not None:
            kind.link(in_force)
        return Chain(self._versions, kind, self._standing, in_force, self._never, self._left_out)


def _check_schedule(version: Version, from_us: int, scheduled_us: int | None) -> None:
    """Raises _LeftOut where the program is scheduled and may not be edited, or is not and may not be brought forward or cancelled; or no
    longer, as every worker is to know of it by then.
    """
    change = version.saved.change
    if change not in OF_SCHEDULED:
        if scheduled_us is not None:
            raise _LeftOut(scheduled(scheduled_us))
    elif scheduled_us is None:
        raise _LeftOut(NOT_SCHEDULED)
    elif change == "cancel" and from_us > scheduled_us:
        raise _LeftOut(f"it comes too late: it would hold in {LATER_VERSION_DELAY_MS // 1000} s, and what is scheduled before that")


def scheduled(until_us: int) -> str:
    """Why the rules of a program cannot be edited, and until when (epoch us)."""
    at = iso(moment_us(until_us))
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
