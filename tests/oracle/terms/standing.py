"""One member in one program."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from ..times import parse, to_us
from .days import day_of, later, midnight_ending, window_start

Document = dict[str, Any]
EVER = -(10**18)
# From where on something counts: a time, whether what is timed at it does, and (by identity) the strangers, of whom whole days do.
Mark = tuple[int, bool, frozenset[int]]
EVERYTHING: Mark = (EVER, True, frozenset())


@dataclass
class Entry:
    """What may count: an order (its lines' worth now), or what was given back without one (below 0)."""

    at: int
    counted: int
    is_order: bool
    imported: bool = False


@dataclass
class Term:
    """Of a level spent for (its place in the ladder). Its documents are timed after `after` (`at_it`: or at it) and before its end.

    `gained_by`: each: the time of the order; period: the window's last day. `mark_before`: since_upgrade: from where on it was counted.
    `strangers`: entries of another id that became this member's: of them, whole days count.
    """

    level: int
    after: int
    at_it: bool
    last: date | None
    gained_by: Any = None
    mark_before: Mark = EVERYTHING
    extended: bool = False
    decided: bool = False
    # What it was gained, or renewed, with; and the amounts of levels that orders are held against by whole days, as a rule changed them.
    count: int = 0
    by_day: set[tuple[str, str]] = field(default_factory=set)
    strangers: frozenset[int] = frozenset()

    @property
    def begins(self) -> Mark:
        return self.after, self.at_it, self.strangers


@dataclass
class State:
    terms: list[Term] = field(default_factory=list)  # the last: the level spent for
    mark: Mark = EVERYTHING  # since_upgrade counts from here


@dataclass
class End:
    """The last one that has fired: when, from what, and what it left."""

    at: int
    before: State
    left: int


class Standing:
    def __init__(self, program: Document) -> None:
        self.program = program
        standard = program.get("standard", {"mode": "total", "window": "history"})
        self.kind = "each" if standard["mode"] == "each" else standard["window"]
        self.period = standard.get("period")
        self.validity = None if program.get("validity", "permanent") == "permanent" else program["validity"]
        self.lock_in = program.get("lock_in")
        self.downgrades = program.get("spending_downgrade", False)
        self.zone = program["timezone"]
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
        return None if last is None else midnight_ending(last, self.zone)

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
            return day_of(entry.at, self.zone) >= self.first_whole_day(at, at_it)
        return entry.at > at or (at_it and entry.at == at)

    def newest(self) -> int:
        return max([self.newest_at, *(entry.at for entry in self.entries)])

    def window(self, last: date, entries: list[Entry] | None = None) -> int:
        first = window_start(last, self.period or {})
        return sum(e.counted for e in (self.entries if entries is None else entries) if first <= day_of(e.at, self.zone) <= last)

    def document_days(self) -> list[date]:
        return sorted({day_of(entry.at, self.zone) for entry in self.entries})

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
            level, day, by = self.reached(entry.counted), day_of(entry.at, self.zone), entry.at
            return self._term(level, day, by, now, entry.counted)
        if self.kind == "since_upgrade":
            count = sum(each.counted for each in self.since(self.state.mark))
            return self._term(self.reached(count), day_of(self.newest(), self.zone), None, now, count)
        best: Term | None = None
        own = day_of(entry.at, self.zone)
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

    # Ends

    def next_end(self) -> int | None:
        ends = [end for last in self.paid.values() if (end := self.end_of(last)) is not None]
        if self.state.terms and self.state.terms[-1].last is not None:
            end = self.end_of(self.state.terms[-1].last)
            assert end is not None
            ends.append(end)
        return min(ends, default=None)

    def until(self, term: Term) -> date | None:
        """The last day, lock-in as reached so far counted."""
        if term.last is None or term.extended or not self._locked_in(term, midnight_ending(term.last, self.zone)):
            return term.last
        assert self.lock_in is not None
        return later(term.last, self.lock_in["extend"])

    def _locked_in(self, term: Term, end: int) -> bool:
        if self.lock_in is None:
            return False
        wanted = int(self.levels[term.level]["lock_in_amount"])
        own = self.since(term.begins, end)
        if self.lock_in["by"] == "single_order":
            code = self.levels[term.level]["code"]
            return any(each.counted >= wanted for each in self.orders_held_against(term, own, code, "lock_in_amount"))
        return sum(entry.counted for entry in own) >= wanted

    def orders_held_against(self, term: Term, own: list[Entry], code: str, name: str) -> list[Entry]:
        """A term's own orders that are held against a level's amount."""
        first = self.first_whole_day(term.after, term.at_it)
        return [each for each in own if each.is_order and ((code, name) not in term.by_day or day_of(each.at, self.zone) >= first)]

    def first_whole_day(self, after: int, at_it: bool) -> date:
        day = day_of(after, self.zone)
        begins = at_it and midnight_ending(day - timedelta(days=1), self.zone) == after
        return day if begins else day + timedelta(days=1)

    def fire(self, now: int) -> None:
        """What ends at just this instant: of terms paid for, and of the one spent for."""
        for level in [level for level, last in self.paid.items() if self.end_of(last) == now]:
            del self.paid[level]
        top = self.state.terms[-1] if self.state.terms else None
        if top is None or self.end_of(top.last) != now:
            return
        moved = self.until(top)
        if moved != top.last:
            top.last, top.extended, top.decided = moved, True, True
            return
        before = copy.deepcopy(self.state)
        self.state = self._after_end(self.state)
        self.last_end = End(now, before, self.spent_for)

    def _after_end(self, state: State) -> State:
        """A term's end (spec 3.5), which no lock-in moves: it is judged afresh. `state`: not changed."""
        *below, top = copy.deepcopy(state.terms)
        assert top.last is not None
        end = midnight_ending(top.last, self.zone)
        own = self.since(top.begins, end)
        count = self._count_at_end(own, top.last)
        level = self.reached(count, top.level + 1)
        if self.kind == "each":
            level = self._best_at_end(top, own)
            first = self.first_whole_day(top.after, top.at_it)
            days = [e.counted for e in self.entries if e.is_order and first <= day_of(e.at, self.zone) <= top.last]
            count = max(days, default=0)
        below = [term for term in below if self.runs(term.last, end)]
        kept = below[-1] if below else None
        from_end = (end, True, frozenset[int]())
        mark = state.mark if level == top.level else from_end
        renewed = None
        if level >= 0:
            renewed = Term(level, end, True, self.term_from(top.last, level), top.gained_by, from_end, decided=True, count=count)
        if renewed is not None and (kept is None or self._rank(renewed) >= self._rank(kept)):
            below = [term for term in below if term.level < level]
            return State([*below, renewed], mark)
        if kept is not None:
            kept.decided = True
        return State(below, from_end)

    def _best_at_end(self, top: Term, own: list[Entry]) -> int:
        for place in range(top.level, -1, -1):
            if not self.spendable(place):
                continue
            orders = self.orders_held_against(top, own, self.levels[place]["code"], "threshold")
            if any(each.counted >= self.levels[place]["threshold"] for each in orders) or self.levels[place]["threshold"] == 0:
                return place
        return -1

    def _rank(self, term: Term) -> tuple[int, date]:
        return term.level, term.last or date.max

    def _count_at_end(self, own: list[Entry], last: date) -> int:
        if self.kind == "each":
            return max((entry.counted for entry in own if entry.is_order), default=0)
        return self.window(last) if self.kind == "period" else sum(entry.counted for entry in own)

    def give_back(self, entry: Entry, now: int) -> int | None:
        """The last end, where with this late document it would have left more: then that is given back."""
        end = self.last_end
        if end is None or entry.at >= end.at:
            return None
        again = self._end_again(end)
        top = again.terms[-1] if again.terms else None
        if top is None or top.level <= end.left or top.level <= self.spent_for or not self.runs(top.last, now):
            return None
        end.left = top.level
        self.state.terms = [term for term in self.state.terms if term.level < top.level and self.runs(term.last, now)] + [top]
        self.state.mark = again.mark
        return end.at

    def _end_again(self, end: End) -> State:
        *below, top = copy.deepcopy(end.before.terms)
        moved = self.until(top)
        if moved == top.last:
            return self._after_end(end.before)
        return State([*below, replace(top, last=moved, extended=True, decided=True)], end.before.mark)

    # What is given back

    def taken(self, entry: Entry, before: int) -> None:
        """An entry counts less than it did."""
        self.remember(entry, entry.counted - before)

    def lowered(self, now: int) -> bool:
        """After a refund: whether the level spent for became a lower one."""
        if self.kind == "history" or not self.downgrades:
            return False
        before = self.spent_for
        while self.state.terms and not self._still_reached():
            *below, top = self.state.terms
            below = [term for term in below if self.runs(term.last, now)]
            level = self._still(top, top.level)
            if self.kind == "since_upgrade":
                self.state.mark = top.mark_before
                top.count = 0
            lower = (
                None if level < 0 else replace(top, level=level, last=None if self.levels[level]["threshold"] == 0 else top.last)
            )
            kept = below[-1] if below else None
            if lower is not None and (kept is None or self._rank(lower) > self._rank(kept)):
                self.state.terms = [*(term for term in below if term.level < lower.level), lower]
                break
            self.state.terms = below
        return self.spent_for < before

    def _still_reached(self) -> bool:
        top = self.state.terms[-1]
        if top.decided or self.levels[top.level]["threshold"] == 0:
            return True
        return self._still(top, top.level + 1) >= top.level

    def _still(self, term: Term, below: int) -> int:
        """The highest level below a place that is still reached."""
        if self.kind == "each":
            gained = (term.gained_by, True, term.strangers)
            orders = [entry.counted for entry in self.entries if entry.is_order and self.is_in(entry, gained)]
            return self.reached(max(orders, default=0), below)
        if self.kind == "since_upgrade":
            if self.recounted:
                # Of what it was gained with it remembers the sum.
                return self.reached(term.count + sum(entry.counted for entry in self.since(self.state.mark)), below)
            return self.reached(sum(entry.counted for entry in self.since(term.mark_before)), below)
        sums = [self.window(day) for day in self.document_days() if day >= term.gained_by]
        return self.reached(max(sums, default=0), below)

    # Payments

    def pay(self, level: int, at: int, now: int) -> None:
        """A payment extends the term whose days it falls into or before, running or ended since; else a term starts anew."""
        validity, day = self.levels[level]["paid_validity"], day_of(at, self.zone)
        known = self.paid_ever.get(level)
        if validity == "permanent":
            last = None
        elif known is not None and day <= known:
            last = later(known, validity)
        elif level in self.paid_ever and known is None:
            last = None
        else:
            last = later(day, validity)
        self.paid_ever[level] = last
        if self.runs(last, now):
            self.paid[level] = last

    # What is held

    @property
    def paid_for(self) -> int:
        return max((self._paid_as(n) for n in self.paid), default=-1)

    def _paid_as(self, place: int) -> int:
        """A level paid for that is disabled is the next enabled one below that can be paid for."""
        sold = [
            n for n in range(place + 1) if self.levels[n].get("enabled", True) and self.levels[n].get("type", "basic") != "basic"
        ]
        return max(sold, default=-1)

    @property
    def held(self) -> int:
        return max(self.spent_for, self.paid_for)

    def held_until(self) -> tuple[date | None, str | None]:
        """(until, by)."""
        held = self.held
        if held < 0:
            return None, None
        spent, paid = self.spent_for == held, self.paid_for == held
        lasts = []
        if spent:
            lasts.append(self.until(self.state.terms[-1]) if self.kind != "history" else None)
        if paid:
            ends = [last for n, last in self.paid.items() if self._paid_as(n) == held]
            lasts.append(None if None in ends else max(each for each in ends if each is not None))
        last = None if None in lasts else max(day for day in lasts if day is not None)
        return last, "both" if spent and paid else "spending" if spent else "payment"
