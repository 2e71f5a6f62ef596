"""One member in one program."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from .days import day_of, later
from .ending import Ending
from .term import Entry, Term


class Standing(Ending):
    """What he gains and keeps, what refunds take, what he has paid for; and what he holds by all that."""

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
            return self.reached(max(self._held_by(term), default=0), below)
        if self.kind == "since_upgrade":
            if self.recounted:
                # Of what it was gained with it remembers the sum.
                return self.reached(term.count + sum(entry.counted for entry in self.since(self.state.mark)), below)
            return self.reached(sum(entry.counted for entry in self.since(term.mark_before)), below)
        sums = [self.window(day) for day in self.document_days() if day >= term.gained_by]
        return self.reached(max(sums, default=0), below)

    def _held_by(self, term: Term) -> list[int]:
        """Each: what the orders count that are not before the one that gained a level."""
        orders = [entry for entry in self.entries if entry.is_order]
        if term.gained_on is not None:
            return [entry.counted for entry in orders if entry.day >= term.gained_on]
        return [entry.counted for entry in orders if self.is_in(entry, (term.gained_by, True, term.strangers))]

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
