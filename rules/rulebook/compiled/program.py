"""A version of a program, compiled for judging members' levels by it (spec 3)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rules.benefits.compiled import Issuing
from rules.local_days import LocalDays, local_days
from rules.rulebook.compiled.level import CompiledLevel, Span
from rules.state import ALWAYS_US, NEVER_MS
from rules.times import rounded_up_ms

if TYPE_CHECKING:
    from rules.levels.standards import Standard

# Benefits by level.
Added = Mapping[str, tuple[Issuing, ...]]


@dataclass(slots=True, eq=False)
class CompiledProgram:
    """A version of a program: its ladder, how its levels are reached, and from when it holds.

    `saved_us`: when it was saved (epoch us); who was registered before that is judged by it from `existing_from_ms` on, the same as
    `holds_from_ms` unless it is scheduled; NEVER_MS where that was brought forward, or cancelled (spec 3.6).
    `standard`: None: by history. `points`: whether points are measured, and not spending. `off`: it shows no levels, and keeps counting
    (spec 3.7). `validity`: of a term; None: there are none. `lock_in`: by how much a term is prolonged; None: by nothing.
    """

    ref: int
    first_ref: int
    version: int
    code: str
    saved_us: int
    holds_from_ms: int
    existing_from_ms: int
    currency: str
    timezone: str
    default: bool
    off: bool
    active_from_us: int
    points: bool
    include_imported: bool
    standard: Standard | None
    period: Span
    validity: Span | None
    spending_downgrade: bool
    lock_in: Span | None
    lock_in_by_order: bool
    per_level: bool
    ladder: tuple[CompiledLevel, ...]
    # On these its levels' benefits may be used.
    channels: frozenset[str]
    # As members are told.
    name: str
    rules: str
    # By ref of a version before, see `added_to`.
    _added: dict[int, Added] = field(default_factory=dict)
    # The two times from which on it holds, as they are; members are judged by it from the next whole millisecond on.
    holds_from_us: int = ALWAYS_US
    existing_from_us: int = ALWAYS_US
    # `active_from_us` in ms, rounded up: what is no earlier than that counts for sure.
    active_from_ms: int = field(init=False)
    # Whether something is issued by the calendar.
    by_calendar: bool = field(init=False)
    # Of its zone.
    days: LocalDays = field(init=False)
    # Of every level that the ladder has; None is below all.
    positions: dict[str | None, int] = field(init=False)
    # Those that spending can reach, the enabled ones: by code, the threshold of each.
    thresholds: dict[str, int] = field(init=False)
    # The same, lowest level first: made ascending, so that the highest that is reached is found by bisection; and, one more than these,
    # the level reached below the first, from it on, from the second on, …
    reached_at: tuple[int, ...] = field(init=False)
    held: tuple[str | None, ...] = field(init=False)
    # The level that nothing reaches as well: it has no term.
    floor: str | None = field(init=False)
    # The levels with something to give to who gains them.
    giving: frozenset[str] = field(init=False)
    # Which levels are gained from one to another, where nothing was paid for; by these two. Found as they are asked for.
    rungs: dict[tuple[str | None, str | None], Sequence[str]] = field(init=False, default_factory=dict)
    # In which currency spending counts; None where points do.
    spent_in: str | None = field(init=False)
    # By level, the lowest threshold of those above it; NEVER_MS where none is.
    least_above: dict[str | None, int] = field(init=False)
    # All that levels are judged by.
    _judging: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.days = local_days(self.timezone)
        self.active_from_ms = rounded_up_ms(self.active_from_us)
        self.by_calendar = any(each.days is not None for level in self.ladder for each in level.benefits.issued)
        self.positions = {None: -1} | {level.code: position for position, level in enumerate(self.ladder)}
        reachable = [level for level in self.ladder if level.enabled and level.threshold is not None]
        self.thresholds = {level.code: level.threshold for level in reachable if level.threshold is not None}
        self.reached_at, self.held = ladder_of(self.thresholds)
        self.floor = self.reached(0)
        self.giving = frozenset(level.code for level in self.ladder if level.upgrade_points or level.benefits.issued)
        self.spent_in = None if self.points else self.currency
        self.least_above = {
            code: min((least for above, least in self.thresholds.items() if self.positions[above] > place), default=NEVER_MS)
            for code, place in self.positions.items()
        }
        rungs = tuple((level.code, level.enabled, level.threshold, level.lock_in_amount, level.paid_for) for level in self.ladder)
        settings = (self.standard, self.period, self.validity, self.spending_downgrade, self.lock_in, self.lock_in_by_order)
        counting = (self.points, self.include_imported, self.active_from_us, self.timezone)
        self._judging = (rungs, settings, counting)

    def hold(self, from_us: int, _until_us: int) -> None:
        """Says from when it is in force."""
        self.holds_from_us = from_us
        self.holds_from_ms = rounded_up_ms(from_us)
        self.hold_back(from_us)

    def hold_back(self, existing_from_us: int) -> None:
        """Says from when it is for those who were there when it was saved."""
        self.existing_from_us = existing_from_us
        self.existing_from_ms = rounded_up_ms(existing_from_us)

    @property
    def scheduled(self) -> bool:
        """Whether it holds for some earlier than for others."""
        return self.existing_from_us != self.holds_from_us

    @property
    def new_from_ms(self) -> int:
        """From when it is in force for whoever is registered from the moment of saving on: at once, of one that is scheduled (spec 3.6)."""
        return self.saved_us // 1000 if self.scheduled else self.holds_from_ms

    def from_ms(self, registered_us: int) -> int:
        """From when it is in force for a member who was registered then (epoch us)."""
        return self.existing_from_ms if registered_us < self.saved_us else self.new_from_ms

    def from_us(self, registered_us: int) -> int:
        """The same to the microsecond."""
        if registered_us < self.saved_us:
            return self.existing_from_us
        return self.saved_us if self.scheduled else self.holds_from_us

    def judges_as(self, other: CompiledProgram) -> bool:
        """Whether levels are judged by the same as by another version, on or off."""
        return self._judging == other._judging

    def counts_as(self, other: CompiledProgram) -> bool:
        """Whether the same counts as by another version, and is looked at by day, or as one sum, as there."""
        return (
            (self.standard is None) == (other.standard is None)
            and self.active_from_us == other.active_from_us
            and self.include_imported == other.include_imported
        )

    def added_to(self, had: CompiledProgram | None) -> Added:
        """By level, what this version has, beside another whose benefits the members have, that is issued when it is gained: those who hold
        it have it at once (spec 3.8).
        """
        if had is None or self.off:
            return {}
        added = self._added.get(had.ref)
        if added is None:
            found: dict[str, tuple[Issuing, ...]] = {}
            for level in self.ladder:
                known = had.level(level.code)
                codes = frozenset[str]() if known is None else known.benefits.codes
                new = tuple(each for each in level.benefits.issued if each.days is None and each.code not in codes)
                if new:
                    found[level.code] = new
            added = self._added[had.ref] = found
        return added

    def position(self, code: str | None) -> int:
        """A level's place in the ladder, from 0; -1 of none, and of one that is no longer there."""
        return self.positions.get(code, -1)

    def level(self, code: str | None) -> CompiledLevel | None:
        """The level; None where there is none such."""
        position = self.position(code)
        return None if position < 0 else self.ladder[position]

    def issuings(self, code: str | None) -> tuple[Issuing, ...]:
        """What is issued of a level's benefits."""
        level = self.level(code)
        return () if level is None else level.benefits.issued

    def reached(self, count: int) -> str | None:
        """The highest level in the ladder whose threshold a count reaches, whatever those below it are (spec 3.4)."""
        return self.held[bisect_right(self.reached_at, count if count > 0 else 0)]

    def reached_up_to(self, count: int, position: int) -> str | None:
        """The same, no higher in the ladder than that place."""
        for code, threshold in reversed(self.thresholds.items()):
            if self.positions[code] <= position and threshold <= max(count, 0):
                return code
        return None

    def gained(self, before: str | None, after: str | None, paid: str | None) -> Sequence[str]:
        """The enabled levels above one and up to another, lowest first (spec 2.8, 3.4): a paid one only where it is `paid` for just now."""
        if paid is not None:
            return self._gained(before, after, paid)
        found = self.rungs.get((before, after))
        if found is None:
            found = self.rungs[before, after] = self._gained(before, after, None)
        return found

    def _gained(self, before: str | None, after: str | None, paid: str | None) -> Sequence[str]:
        rungs = self.ladder[self.position(before) + 1 : self.position(after) + 1]
        return [rung.code for rung in rungs if rung.enabled and (rung.threshold is not None or rung.code == paid)]


def ladder_of(thresholds: dict[str, int]) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
    """`reached_at` and `held` of a program whose spending reaches these levels, lowest first."""
    reached_at: list[int] = []
    held: list[str | None] = [None]
    lowest = NEVER_MS
    for code, threshold in reversed(thresholds.items()):
        lowest = min(lowest, threshold)
        reached_at.insert(0, lowest)
        held.insert(1, code)
    return tuple(reached_at), tuple(held)
