"""Which runs start when, of all bulks (spec 2.9): of the versions that hold, never of what members did.

A run is known by its period. It starts at the first time in its period at which the version that then holds says so, is running and within
its dates; so of two versions that name a time in one period, the earlier time starts it, and the other starts nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from rules.bulk.compiled import CompiledBulk
from rules.definitions.saved import State
from rules.state import NEVER_MS
from rules.times import FIRST_MS, LAST_MS

# What is due next, and was asked for, is remembered.
_REMEMBERED_MAX = 1_000


class Span(NamedTuple):
    """A version of a bulk, and the state of the activity by it. `running`: whether runs start by it: it is neither draft, paused nor
    archived. `from_ms`: from when it holds, and every worker has it, the first one too.
    """

    bulk: CompiledBulk
    state: State
    running: bool
    from_ms: int


class Run(NamedTuple):
    """A run of a version: it starts then."""

    start_ms: int
    bulk: CompiledBulk
    period: str


class Due(NamedTuple):
    """What is due of every member at one time: runs that start, by code, and activities (by the ref of the first version) that are paused
    no longer, of which he may have a run that was held.
    """

    at_ms: int
    runs: tuple[Run, ...]
    settled: frozenset[int]


NOTHING = Due(NEVER_MS, (), frozenset())


class Runs:
    """Of all bulks of a rulebook."""

    def __init__(self, chains: Iterable[Sequence[Span]]) -> None:
        """`chains`: the versions of each bulk, oldest first, one at least."""
        self._chains = sorted((tuple(chain) for chain in chains), key=lambda chain: chain[0].bulk.code)
        self._of = {chain[0].bulk.first_ref: chain for chain in self._chains}
        self._versions = {span.bulk.ref: span.bulk for chain in self._chains for span in chain}
        # What was found, by when it is due, and the earliest time after which it was.
        self._due_ms: list[int] = []
        self._found: list[tuple[int, Due]] = []

    def __bool__(self) -> bool:
        """Whether there is any bulk."""
        return bool(self._chains)

    def after(self, time_ms: int) -> Due:
        """What is due first after a time (epoch ms)."""
        place = bisect_right(self._due_ms, time_ms)
        if place < len(self._found) and self._found[place][0] <= time_ms:
            return self._found[place][1]
        due = self._find(time_ms)
        if place < len(self._found) and self._due_ms[place] == due.at_ms:
            self._found[place] = (time_ms, due)
            return due
        if len(self._found) >= _REMEMBERED_MAX:
            self._due_ms.clear()
            self._found.clear()
            place = 0
        self._due_ms.insert(place, due.at_ms)
        self._found.insert(place, (time_ms, due))
        return due

    def state(self, first_ref: int, at_ms: int) -> State:
        """The state of an activity at a time."""
        return next(span.state for span in reversed(self._of[first_ref]) if span.from_ms <= at_ms or span is self._of[first_ref][0])

    def chain(self, first_ref: int) -> Sequence[Span]:
        """The versions of a bulk, oldest first; none where there is no such bulk."""
        return self._of.get(first_ref, ())

    def version(self, ref: int) -> CompiledBulk:
        """The version of a bulk with this ref."""
        return self._versions[ref]

    def _find(self, time_ms: int) -> Due:
        at_ms = NEVER_MS
        runs: list[Run] = []
        settled: set[int] = set()
        for chain in self._chains:
            for run in _next_runs(chain, time_ms):
                if run.start_ms < at_ms:
                    at_ms, runs, settled = run.start_ms, [], set()
                if run.start_ms == at_ms:
                    runs.append(run)
            settled_ms = _next_settled_ms(chain, time_ms)
            if settled_ms < at_ms:
                at_ms, runs, settled = settled_ms, [], set()
            if settled_ms == at_ms != NEVER_MS:
                settled.add(chain[0].bulk.first_ref)
        return Due(at_ms, tuple(runs), frozenset(settled)) if at_ms != NEVER_MS else NOTHING


def period_run(chain: Sequence[Span], first_day: date, name: str) -> Run | None:
    """The run of a period, however long ago or far ahead; None where it does not start."""
    starts = [
        Run(start_ms, span.bulk, name)
        for span in chain
        if span.bulk.schedule.name(first_day) == name and _says(span, start_ms := span.bulk.schedule.start_ms(first_day))
    ]
    return min(starts, key=lambda run: run.start_ms, default=None)


def _says(span: Span, time_ms: int) -> bool:
    """Whether a version starts a run at a time."""
    return span.running and max(span.from_ms, span.bulk.from_ms) <= time_ms < span.bulk.until_ms


def _next_runs(chain: Sequence[Span], time_ms: int) -> list[Run]:
    """The runs of a bulk that start first after a time: more than one where a whole day is lacking."""
    found: list[Run] = []
    for span in chain:
        for run in _next_of(chain, span, time_ms):
            if found and run.start_ms < found[0].start_ms:
                found = []
            if not found or run.start_ms == found[0].start_ms:
                found.append(run)
    return found


def _next_of(chain: Sequence[Span], span: Span, time_ms: int) -> list[Run]:
    """Those that start by one version first after a time."""
    bulk, schedule = span.bulk, span.bulk.schedule
    if not span.running or bulk.until_ms <= time_ms:
        return []
    found: list[Run] = []
    from_ms = max(span.from_ms, bulk.from_ms, FIRST_MS)
    first_day = schedule.before(schedule.first_day(max(time_ms, from_ms)))
    while True:
        start_ms = schedule.start_ms(first_day)
        if start_ms >= min(bulk.until_ms, LAST_MS) or (found and start_ms > found[0].start_ms):
            return found
        if start_ms > time_ms and start_ms >= from_ms:
            run = period_run(chain, first_day, schedule.name(first_day))
            if run is not None and run.bulk is bulk:
                found.append(run)
        if schedule.cycle == "once":
            return found
        first_day = schedule.after(first_day)


def _next_settled_ms(chain: Sequence[Span], time_ms: int) -> int:
    """When a bulk that was paused is first resumed or archived after a time."""
    times = [
        span.from_ms
        for before, span in pairwise(chain)
        if before.state == "paused" and span.state != "paused" and span.from_ms > time_ms
    ]
    return min(times, default=NEVER_MS)
