"""Runs made of members, one by one, as of their start; held while their activity is paused (spec 2.9)."""

from __future__ import annotations

from rules.bulk.made import number_of, remember
from rules.bulk.runs import Due, Run
from rules.definitions.saved import State
from rules.finer import counts_in
from rules.gifts.made_by import remember_version
from rules.gifts.making import make, released_with
from rules.happened import Grant, Happened, escaped, grants_of
from rules.limits.limiting import limited
from rules.rulebook.rulebook import Rulebook
from rules.segments.predicate import AsOf
from rules.state import HeldRun, Member
from rules.times import iso, moment

# Of a record, beside the gifts in it.
_RECORD_BYTES = 512


class Making:
    """A run as it is made of very many members: what is the same for all of them."""

    __slots__ = (
        "_as_of",
        "_bulk",
        "_ids_begin",
        "_ids_end",
        "_number",
        "_plain",
        "_released",
        "_rulebook",
        "_start",
        "_text",
        "_valid",
        "held",
        "now_ms",
        "size_bytes",
        "state",
    )

    def __init__(self, run: Run, rulebook: Rulebook, state: State, now_ms: int) -> None:
        """`state`: of its activity, by the clock. `now_ms`: as of when it is made of members."""
        bulk = self._bulk = run.bulk
        self._number = number_of(bulk.schedule.cycle, run.period)
        self._start = moment(run.start_ms)
        self._text = iso(self._start)
        self._rulebook = rulebook
        # As of when the segment is asked.
        self._as_of = AsOf(run.start_ms, bulk.schedule.timezone, rulebook)
        # What is no member's of the ids of the grants.
        self._ids_begin, self._ids_end = grants_of(bulk.code, "").removesuffix("/"), f"/{run.period}"
        # Of gifts that are all released with the grant nothing else is to be told, nor kept.
        self._plain = bulk.limits is None and bulk.terms.plain
        _, self._released, self._valid = released_with(bulk.terms, self._start, now_ms * 1000)
        self.held = HeldRun(bulk.first_ref, bulk.ref, run.start_ms, run.period)
        self.now_ms = now_ms
        # About as much comes of a member, as records: each gift may be told of by itself.
        self.size_bytes = len(bytes(bulk.gifts)) + _RECORD_BYTES * (1 + len(bulk.terms.gifts))
        self.state = state

    def is_for(self, member_id: str, member: Member) -> bool:
        """Whether the run is for a member as he stands: in one of its activity's programs, where it names some, and in the segment."""
        bulk = self._bulk
        if bulk.programs is not None and not self._is_in(bulk.programs, member):
            return False
        return bulk.matches(member_id, member, self._as_of)

    def _is_in(self, programs: frozenset[str], member: Member) -> bool:
        start_ms = self.held.start_ms
        return any(
            each.program in programs and (each.since_ms <= start_ms or counts_in(member, each, start_ms * 1000))
            for each in member.memberships
        )

    def grant(self, member_id: str, member: Member, happened: list[Happened]) -> None:
        """Makes it of a member."""
        bulk, period = self._bulk, self.held.period
        grant = Grant(
            self._ids_begin + escaped(member_id) + self._ids_end,
            bulk.code,
            member_id,
            None,
            None,
            self._text,
            bulk.gifts,
            bulk.version,
            None,
            bulk.notify,
            self._released,
            self._valid,
            period,
        )
        # Of a bulk, `granted` is how many grants were owed.
        first_ref, granted = bulk.first_ref, member.granted
        nth = granted[first_ref] = granted.get(first_ref, 0) + 1
        remember(member, first_ref, self._number)
        if bulk.reshaped:
            remember_version(member, first_ref, self._number, bulk, self._rulebook)
        if self._plain:
            happened.append(grant)
            return
        start_ms, now_us, rulebook = self.held.start_ms, self.now_ms * 1000, self._rulebook
        if bulk.limits is None or not limited(member, bulk.limits, grant, nth, start_ms * 1000, now_us, rulebook, happened):
            make(member, bulk, bulk.terms, [grant], period, self._start, now_us, rulebook, happened)


class Distribution:
    """What is due of every member at one time: runs that start, and those that were held and are no longer (rules/bulk/runs.py)."""

    __slots__ = ("_makings", "_now_ms", "_rulebook", "_settled", "at_ms", "size_bytes")

    def __init__(self, due: Due, rulebook: Rulebook, now_ms: int | None) -> None:
        """`now_ms`: how late it is by now, when an activity that is paused holds what is given, and one that is archived drops it; None:
        nothing stops it, as everybody was reached at the start.
        """
        self.at_ms = due.at_ms
        self._settled = due.settled
        self._rulebook = rulebook
        self._now_ms = now_ms
        self._makings = [
            Making(run, rulebook, "running" if now_ms is None else rulebook.runs.state(run.bulk.first_ref, now_ms), due.at_ms)
            for run in due.runs
        ]
        # About as much comes of a member, as records.
        self.size_bytes = sum([making.size_bytes for making in self._makings])

    def concerns(self, member_id: str, member: Member) -> bool:
        """Whether it changes anything of a member, who is left as he is."""
        if self._settled and any(held.first_ref in self._settled for held in member.seldom.held_runs):
            return True
        return any(making.is_for(member_id, member) for making in self._makings)

    def reach(self, member_id: str, member: Member, happened: list[Happened]) -> bool:
        """Does what is due of a member; whether that was anything."""
        reached = False
        for making in self._makings:
            if making.is_for(member_id, member):
                reached = True
                if making.state == "running":
                    making.grant(member_id, member, happened)
                elif making.state == "paused":
                    member.seldom.held_runs.append(making.held)
        if self._settled and member.seldom.held_runs:
            reached = self._settle(member_id, member, happened) or reached
        return reached

    def _settle(self, member_id: str, member: Member, happened: list[Happened]) -> bool:
        """What was held of activities that are paused no longer is given, or falls away with an archive; whether there was any."""
        rulebook, now_ms = self._rulebook, self.at_ms if self._now_ms is None else self._now_ms
        before, still = member.seldom.held_runs, []
        for held in before:
            state: State = "paused"
            if held.first_ref in self._settled:
                state = rulebook.runs.state(held.first_ref, now_ms)
            if state == "running":
                run = Run(held.start_ms, rulebook.runs.version(held.ref), held.period)
                Making(run, rulebook, state, self.at_ms).grant(member_id, member, happened)
            elif state == "paused":
                still.append(held)
        member.seldom.held_runs = still
        return len(still) < len(before)
