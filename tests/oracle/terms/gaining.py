"""What counts of a member's documents in one program, and which level that gains (spec 3.3, 3.4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ..times import parse, to_us
from .days import day_of, later, midnight_ending, window_start
from .term import EVER, End, Entry, Mark, State, Term

Document = dict[str, Any]


class Gaining:
    """By the rules of the program as it is now."""

    def __init__(self, program: Document) -> None:
        self.program = program
        standard = program.get("standard", {"mode": "total", "window": "history"})
        self.kind = "each" if standard["mode"] == "each" else standard["window"]
        self.period = standard.get("period")
        self.validity = None if program.get("validity", "permanent") == "permanent" else program["validity"]
        self.lock_in = program.get("lock_in")
        self.downgrades = program.get("spending_downgrade", False)
        self.zone = program["timezone"]
        self.no_sooner = EVER  # than its zone came to hold does a term end
        active = program.get("active_from")
        self.active_from = EVER if active is None else to_us(parse(active))
        self.includes_imported = self.kind == "history" and standard.get("include_imported", False)
        self.levels = program["levels"]
        self.entries: list[Entry] = []
        self.idle: list[Entry] = []  # what does not count by the rules of now
        self.newest_at = EVER
        self.recounted = False  # whether other documents count than when levels were gained
        self.state = State()
        self.last_end: End | None = None
        self.paid: dict[int, date | None] = {}
        self.paid_ever: dict[int, date | None] = {}  # the last day of the newest term of each level
        self.gone: dict[str, date | None] = {}  # of levels that the ladder has no more
        floor = self.reached(0)
        if floor >= 0 and self.kind != "history":
            self.state.terms.append(Term(floor, EVER, True, None))

    # Levels are their places in the ladder; -1 is none.

    def spendable(self, place: int) -> bool:
        level = self.levels[place]
        return bool(level.get("enabled", True)) and level.get("type", "basic") != "paid"

    def reached(self, count: int, below: int | None = None) -> int:
        places = range(len(self.levels) if below is None else below)
        return max((n for n in places if self.spendable(n) and self.levels[n]["threshold"] <= max(0, count)), default=-1)

    @property
    def spent_for(self) -> int:
        if self.kind == "history":
            return self.reached(sum(entry.counted for entry in self.entries))
        return self.state.terms[-1].level if self.state.terms else -1

    def end_of(self, last: date | None) -> int | None:
        return None if last is None else max(midnight_ending(last, self.zone), self.no_sooner)

    def runs(self, last: date | None, now: int) -> bool:
        end = self.end_of(last)
        return end is None or end > now

    def term_from(self, day: date, level: int) -> date | None:
        return None if self.validity is None or self.levels[level]["threshold"] == 0 else later(day, self.validity)

    # What is counted

    def since(self, mark: Mark, until: int | None = None) -> list[Entry]:
        found = [entry for entry in self.entries if self.is_in(entry, mark)]
        return found if until is None else [entry for entry in found if entry.at < until]

    def is_in(self, entry: Entry, mark: Mark) -> bool:
        at, at_it, strangers = mark
        if id(entry) in strangers and at != EVER:
            return entry.day >= self.first_whole_day(at, at_it)
        return entry.at > at or (at_it and entry.at == at)

    def first_whole_day(self, after: int, at_it: bool) -> date:
        day = day_of(after, self.zone)
        begins = at_it and midnight_ending(day - timedelta(days=1), self.zone) == after
        return day if begins else day + timedelta(days=1)

    def newest(self) -> int:
        return max([self.newest_at, *(entry.at for entry in self.entries)])

    def window(self, last: date, entries: list[Entry] | None = None) -> int:
        first = window_start(last, self.period or {})
        return sum(e.counted for e in (self.entries if entries is None else entries) if first <= e.day <= last)

    def document_days(self) -> list[date]:
        return sorted({entry.day for entry in self.entries})

    # Spending

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.remember(entry, entry.counted)

    def remember(self, entry: Entry, amount: int) -> None:
        """What a level was gained with, since the upgrade before, is what counts of that now."""
        if self.kind != "since_upgrade" or entry not in self.entries or entry in self.since(self.state.mark):
            return
        for term in reversed(self.state.terms):
            if self.is_in(entry, term.mark_before):
                term.count += amount
                return

    def gain(self, entry: Entry, now: int) -> bool:
        """Whether an order that was added gains a level."""
        if self.kind == "history":
            return False
        found = self._what_it_reaches(entry, now)
        if found is None or found.level <= self.spent_for:
            return False
        self.hold(found, now)
        return True

    def hold(self, found: Term, now: int) -> None:
        newest = self.newest()
        found.after, found.at_it, found.mark_before = newest, False, self.state.mark
        self.state.mark = (newest, False, frozenset())
        self.state.terms = [term for term in self.state.terms if term.level < found.level and self.runs(term.last, now)]
        self.state.terms.append(found)

    def _what_it_reaches(self, entry: Entry, now: int) -> Term | None:
        """The highest level that is reached with a term that still runs."""
        if self.kind == "each":
            level, day, by = self.reached(entry.counted), entry.day, entry.at
            return self._term(level, day, by, now, entry.counted)
        if self.kind == "since_upgrade":
            count = sum(each.counted for each in self.since(self.state.mark))
            return self._term(self.reached(count), day_of(self.newest(), self.zone), None, now, count)
        best: Term | None = None
        own = entry.day
        for day in self.document_days():
            if window_start(day, self.period or {}) <= own <= day:
                term = self._term(self.reached(self.window(day)), day, day, now, self.window(day))
                if term is not None and (best is None or term.level > best.level):
                    best = term
        return best

    def _term(self, level: int, day: date, by: Any, now: int, count: int = 0) -> Term | None:
        if level < 0:
            return None
        last = self.term_from(day, level)
        return Term(level, 0, False, last, by, count=count) if self.runs(last, now) else None
