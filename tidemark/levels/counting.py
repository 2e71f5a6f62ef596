"""Members by program and level, and who reaches which threshold, over all partitions (spec 3.9): counted of what workers have committed.

It is asked of the members' records, and no counters are kept beside them: so it is exact whatever became of a member (a late document, a
changed rule, a merge), and nothing is paid for it until somebody asks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from broker.client.connection import Connection
from rules.levels.held import shown
from rules.levels.reaching import reaches
from rules.levels.standing import would_change
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import Member, Membership
from rules.times import day_begins_ms, local_date
from tables.member.record import decode_member
from tidemark.reading.running import open_running


class OfLevel(Struct):
    """`members`: who hold it now. `reached`: who reach its threshold now, whether or not it is enabled; null where it is only paid for."""

    level: str
    enabled: bool
    members: int
    reached: int | None


class OfProgram(Struct):
    """The `version` that holds for members who were there when it was saved, and whether it is `on`: of one that is off no level is shown,
    and it keeps counting. `members`: all of them, of whom `without` hold no level, `earlier` are yet to be judged by their version, and
    `scheduled` are under a later one that is scheduled (spec 3.6). `levels`: lowest first; then those of that one alone.
    """

    program: str
    version: int
    on: bool
    members: int
    without: int
    earlier: int
    scheduled: int
    levels: list[OfLevel]


class Day(Struct):
    """A local day of the default program: how many were `registered` on it, and the `members` at its end; of those who are there now."""

    day: str
    registered: int
    members: int


class Counts(Struct):
    """`members`: registered ones, in whatever programs. `days`: as many as were asked for, the last is today."""

    members: int
    programs: list[OfProgram]
    days: list[Day]


class Counting:
    """Counts members as they come, by the versions of programs that hold at a time."""

    def __init__(self, rulebook: Rulebook, now_ms: int, days: int = 0) -> None:
        """`days`: of how many registrations are counted, up to today."""
        self._now_ms = now_ms
        self._rulebook = rulebook
        held = ((code, rulebook.program(code, now_ms)) for code in sorted(rulebook.programs))
        self._programs = {code: _Program(program, now_ms) for code, program in held if program is not None}
        default = rulebook.program(rulebook.default_program(now_ms) or "", now_ms)
        self._members = 0
        timezone = "UTC" if default is None else default.timezone
        today = local_date(now_ms, timezone)
        # The days asked for, and the one after them: when each begins; and who was registered before the first, on each, and after.
        self._days = [today - timedelta(days=back) for back in range(days - 1, -2, -1)]
        self._begins_ms = [day_begins_ms(day, timezone) for day in self._days]
        self._registered = [0] * (len(self._days) + 1)

    def add(self, member: Member) -> None:
        """One more."""
        if not member.registered:
            return
        self._members += 1
        waits = would_change(member, self._rulebook, self._now_ms)
        for membership in member.memberships:
            counted = self._programs.get(membership.program)
            if counted is not None and not membership.left:
                his = self._rulebook.program_of(member, membership.program, self._now_ms)
                assert his is not None, "one version or another holds"
                counted.add(his, membership, waits)
        if len(self._days) > 1:
            # Of who was registered before days were remembered, it was before them.
            self._registered[bisect_right(self._begins_ms, member.seldom.registered_ms)] += 1

    def counts(self) -> Counts:
        """Of all so far."""
        return Counts(self._members, [program.counts() for program in self._programs.values()], self._by_day())

    def _by_day(self) -> list[Day]:
        found: list[Day] = []
        members = self._registered[0]
        for day, registered in zip(self._days[:-1], self._registered[1:], strict=False):
            members += registered
            found.append(Day(day.isoformat(), registered, members))
        return found


class _Program:
    """Of one program."""

    def __init__(self, program: CompiledProgram, now_ms: int) -> None:
        self._program = program
        self._now_ms = now_ms
        self._held: Counter[str | None] = Counter()
        self._earlier = self._scheduled = 0
        # Thresholds ascending, and how many reach so many of them.
        self._thresholds = sorted(level.threshold for level in program.ladder if level.threshold is not None)
        self._reached = [0] * (len(self._thresholds) + 1)

    def add(self, his: CompiledProgram, membership: Membership, waits: bool) -> None:
        """One more, who is judged by `his` version. `waits`: whether a changed rule may still change something of him."""
        self._held[shown(his, membership)] += 1
        self._scheduled += his.ref > self._program.ref
        self._earlier += waits and membership.judged < his.ref
        self._reached[bisect_right(self._thresholds, reaches(his, membership, self._now_ms))] += 1

    def counts(self) -> OfProgram:
        """Of all so far."""
        program = self._program
        levels = [
            OfLevel(each.code, each.enabled, self._held[each.code], self._reaching(each.threshold)) for each in program.ladder
        ]
        others = sorted(code for code in self._held if code is not None and code not in program.positions)
        levels += [OfLevel(code, True, self._held[code], None) for code in others]
        on, members = not program.off, self._held.total()
        return OfProgram(program.code, program.version, on, members, self._held[None], self._earlier, self._scheduled, levels)

    def _reaching(self, threshold: int | None) -> int | None:
        if threshold is None:
            return None
        return sum(self._reached[bisect_right(self._thresholds, threshold) :])


async def count_levels(connection: Connection, prefix: str, now_ms: int, days: int) -> Counts:
    """Over all partitions. Raises BrokerUnavailable, NewerFormat."""
    async with open_running(connection, prefix, "tidemark-levels") as running:
        counting = Counting(running.definitions.rulebook, now_ms, days)
        async for records in running.members():
            _add_all(counting, records.values())
        return counting.counts()


def _add_all(counting: Counting, members: Iterable[bytes]) -> None:
    for data in members:
        counting.add(decode_member(data))
