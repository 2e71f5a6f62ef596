"""What the end of a term leaves, lock-in counted, and what a late document gives back of it (spec 3.5)."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date

from .days import later
from .gaining import Gaining
from .term import End, Entry, State, Term


class Ending(Gaining):
    """Terms end at midnights in the program's zone."""

    def next_end(self) -> int | None:
        ends = [end for last in self.paid.values() if (end := self.end_of(last)) is not None]
        if self.state.terms and self.state.terms[-1].last is not None:
            end = self.end_of(self.state.terms[-1].last)
            assert end is not None
            ends.append(end)
        return min(ends, default=None)

    def until(self, term: Term) -> date | None:
        """The last day, lock-in as reached so far counted."""
        if term.last is None or term.extended or not self._locked_in(term, self.end_of(term.last)):
            return term.last
        assert self.lock_in is not None
        return later(term.last, self.lock_in["extend"])

    def _locked_in(self, term: Term, end: int | None) -> bool:
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
        first, of_before = term.by_day.get((code, name), (date.min, frozenset()))
        return [each for each in own if each.is_order and (each.day >= first or id(each) not in of_before)]

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
        end = self.end_of(top.last)
        assert end is not None
        own = self.since(top.begins, end)
        count = self._count_at_end(own, top.last)
        level = self.reached(count, top.level + 1)
        if self.kind == "each":
            level = self._best_at_end(top, own)
            first = self.first_whole_day(top.after, top.at_it)
            days = [e.counted for e in self.entries if e.is_order and first <= e.day <= top.last]
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
