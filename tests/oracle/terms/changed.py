"""A changed program: which version a member is under, and what he has spent for by it (spec 3.5, 3.6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ..times import parse, to_us
from ..values import Refused
from .days import day_of, later, midnight_ending
from .standing import Standing
from .term import EVER, EVERYTHING, State, Term

Document = dict[str, Any]
DELAY_US = 10_000_000
NEVER = 10**18
_JUDGED = ("standard", "validity", "spending_downgrade", "lock_in", "measure", "active_from", "timezone")
_OF_LEVELS = ("code", "enabled", "threshold", "lock_in_amount")


@dataclass
class Version:
    """`at`: from when it holds; `existing_at`: for those who were registered before it was saved."""

    document: Document
    saved: int
    at: int
    existing_at: int

    def holds(self, registered: int) -> int:
        if registered < self.saved:
            return self.existing_at
        return self.at if self.existing_at == self.at else self.saved


class Versions:
    """All of one program."""

    def __init__(self, document: Document) -> None:
        self.all = [Version(document, EVER, EVER, EVER)]

    def place(self, registered: int, now: int) -> int:
        return max(at for at, each in enumerate(self.all) if each.holds(registered) <= now)

    def of(self, registered: int, now: int) -> Document:
        return self.all[self.place(registered, now)].document

    def next_after(self, place: int, registered: int) -> tuple[int, int] | None:
        """(when, place) of the first version after a place that comes to hold for one."""
        times = [each.holds(registered) for each in self.all]
        for at in range(place + 1, len(self.all)):
            # One that the next came to hold with never held itself.
            if times[at] < NEVER and all(times[at] < later for later in times[at + 1 :]):
                return times[at], at
        return None

    def change(self, raw: Document, now: int) -> None:
        newest = self.all[-1]
        pending = newest.existing_at if newest.existing_at != newest.at and now < newest.existing_at < NEVER else None
        at = max(now + DELAY_US, newest.at)
        if raw["change"] == "save":
            if raw["document"] == newest.document:
                return
            if pending is not None:
                raise Refused("invalid", "scheduled")
            existing = max(to_us(parse(raw["existing_at"])), at) if raw.get("existing_at") else at
            self.all.append(Version(raw["document"], now, at, existing))
            return
        if pending is None or (raw["change"] == "cancel" and at > pending):
            raise Refused("invalid", "not scheduled")
        document = newest.document if raw["change"] == "bring_forward" else self.all[-2].document
        if at <= pending:
            newest.existing_at = NEVER
        self.all.append(Version(document, now, at, at))


def _rules(program: Document) -> Any:
    levels = [
        [level.get(name, {"enabled": True}.get(name)) for name in _OF_LEVELS] + [level.get("type", "basic")]
        for level in program["levels"]
    ]
    return [program.get(name) for name in _JUDGED], levels


def change(old: Standing, program: Document, at: int) -> Standing:
    """What comes of a standing when another version of its program comes to hold."""
    if _rules(old.program) == _rules(program):
        old.program = program
        return old
    new = Standing(program)
    new.recounted = old.recounted
    new.no_sooner = old.no_sooner if new.zone == old.zone else at
    if old.program.get("measure", "amount") != program.get("measure", "amount"):
        # Nothing of what is measured now has counted.
        old.entries, old.idle, old.newest_at, old.state = [], [], EVER, State()
    level = old.spent_for
    new.newest_at = old.newest()
    _count_afresh(old, new, at)
    codes = [level["code"] for level in program["levels"]]
    for mine, theirs in ((old.paid, new.paid), (old.paid_ever, new.paid_ever)):
        for place, last in mine.items():
            code = old.levels[place]["code"]
            if code in codes:
                theirs[codes.index(code)] = last
            else:
                new.gone[code] = last
    if new.kind == "history":
        new.newest_at = EVER
        return new
    held = old.state.terms
    if old.kind == "history":
        held = _begun(old, new, level, at)
    floor = new.state.terms[:]
    new.state.mark = old.state.mark
    kept: list[Term] = []
    ran: dict[int, bool] = {}
    for term in reversed(held):
        if old.levels[term.level]["threshold"] == 0:
            continue
        found = _kept(old, new, term, at)
        if found is not None:
            kept.append(found)
            ran[id(found)] = old.runs(term.last, at - 1)
        elif not kept and not term.decided and old.kind == new.kind == "since_upgrade":
            new.state.mark = term.mark_before
    terms = floor
    kept.reverse()
    for term in sorted(kept, key=lambda term: (term.level, new._rank(term))):
        # One that ends at this very instant is judged by these rules, right after.
        if ran[id(term)] and new.runs(term.last, at - 1):
            same = [each for each in terms if each.level == term.level and each in kept]
            if same and new.kind == "since_upgrade" and kept.index(same[0]) > kept.index(term) and not same[0].decided:
                term.count += same[0].count
            terms = [each for each in terms if each.level < term.level] + [term]
    new.state.terms = terms
    if new.kind == "since_upgrade" and old.kind != new.kind:
        new.state.mark = (at, True, frozenset()) if terms[len(floor) :] or (terms and terms[0] not in floor) else EVERYTHING
    new.lowered(at)
    rise(new, at)
    # A term ends with a whole millisecond: the next, where that is finer.
    new.no_sooner = -(new.no_sooner // -1000) * 1000
    return new


def _count_afresh(old: Standing, new: Standing, at: int) -> None:
    """Sorts out what counts by the rules of now: of what came before, a day as a whole."""
    same = (old.active_from, old.includes_imported) == (new.active_from, new.includes_imported)
    of_one_kind = (old.kind == "history") == (new.kind == "history")
    for entry, counted in [(each, True) for each in old.entries] + [(each, False) for each in old.idle]:
        begins = midnight_ending(entry.day - timedelta(days=1), old.zone)
        if entry.imported and not new.includes_imported:
            counts = False
        elif old.active_from == new.active_from and (not entry.imported or old.includes_imported):
            counts = counted
        else:
            counts = begins >= new.active_from
        (new.entries if counts else new.idle).append(entry)
        if new.kind != "history" and counts and (old.kind == "history" or not counted):
            # Of what it was only its day is known.
            entry.at = midnight_ending(entry.day - timedelta(days=1), new.zone)
            new.newest_at = max(new.newest_at, entry.at)
    new.recounted |= not same and of_one_kind
    if old.kind == "history" != new.kind:
        ends = (midnight_ending(each.day, new.zone) for each in new.entries)
        new.newest_at = min(max(ends), at) - 1 if new.entries else EVER


def _begun(old: Standing, new: Standing, level: int, at: int) -> list[Term]:
    """Of a program that had no terms: the level held begins one, which is remembered with the sum."""
    if level < 0 or level <= old.reached(0):
        return []
    return [Term(level, at, True, None, decided=True, count=sum(entry.counted for entry in new.entries))]


def _kept(old: Standing, new: Standing, term: Term, at: int) -> Term | None:
    count = _count(old, term)
    level = _level(old, new, term, count)
    if level < 0 or new.levels[level]["threshold"] == 0 or level <= new.reached(0):
        return None
    of_stretch = new.kind == old.kind == "since_upgrade" and not term.decided
    found = replace(term, level=level, count=term.count if of_stretch else count, by_day=dict(term.by_day))
    if new.validity is None:
        found.last = None
    elif term.last is None:
        found.last, found.after, found.at_it = later(day_of(at, new.zone), new.validity), at, True
    by_day = old.first_whole_day(found.after, found.at_it), frozenset(map(id, (*old.entries, *old.idle)))
    before = {each["code"]: each for each in old.levels[: term.level + 1] if each.get("enabled", True)}
    for place, each in enumerate(new.levels[: level + 1]):
        was = before.get(each["code"])
        for name in ("threshold", "lock_in_amount"):
            if was is None or old.validity is None or was.get(name) != each.get(name):
                found.by_day[each["code"], name] = by_day
        del place
    if new.kind == "each" != old.kind:
        found.by_day |= {(each["code"], "threshold"): by_day for each in new.levels}
    if new.kind != old.kind:
        found.decided = True
    if (new.lock_in or {}).get("by") != (old.lock_in or {}).get("by"):
        found.by_day |= {(each["code"], "lock_in_amount"): by_day for each in new.levels}
    proves = new.kind == "each" and new.downgrades and not found.decided
    moved = new.kind == old.kind == "each" and new.zone != old.zone and not found.decided
    if proves or moved:
        found.gained_on = term.gained_on or day_of(term.gained_by, old.zone)
    return found


def _count(old: Standing, term: Term) -> int:
    """The count that a level is remembered with."""
    count = term.count
    if old.kind == "history" or old.reached(count) == term.level:
        return count
    if old.downgrades and not term.decided:
        if old.kind == "each":
            day = term.gained_on or day_of(term.gained_by, old.zone)
            count = max((e.counted for e in old.entries if e.is_order and e.day >= day), default=0)
        elif old.kind == "period":
            count = max((old.window(day) for day in old.document_days() if day >= term.gained_by), default=0)
        else:
            count = term.count + sum(entry.counted for entry in old.since(old.state.mark))
    return count if old.reached(count) == term.level else int(old.levels[term.level]["threshold"])


def _level(old: Standing, new: Standing, term: Term, count: int) -> int:
    code = old.levels[term.level]["code"]
    codes = [level["code"] for level in new.levels]
    place = codes.index(code) if code in codes else None
    if (place is None or new.spendable(place)) and old.kind != new.kind:
        # What another standard counted raises nobody.
        lower = [codes.index(level["code"]) for level in old.levels[: term.level + 1] if level["code"] in codes]
        return new.reached(count, lower[-1] + 1 if lower else 0)
    if place is None or new.spendable(place):
        return new.reached(count)
    lower = max((n for n in range(place) if new.spendable(n)), default=-1)
    if lower < 0:
        return -1
    was = next((level for level in old.levels if level["code"] == new.levels[lower]["code"]), None)
    same = was is not None and old.spendable(old.levels.index(was)) and was["threshold"] == new.levels[lower]["threshold"]
    return lower if same else new.reached(count, place)


def rise(new: Standing, at: int) -> None:
    best: Term | None = None
    if new.kind == "since_upgrade":
        if new.entries or new.newest_at > EVER:
            count = sum(each.counted for each in new.since(new.state.mark))
            best = new._term(new.reached(count), day_of(new.newest(), new.zone), None, at)
            if best is not None:
                best.count = count
    else:
        for day in new.document_days():
            if new.kind == "period":
                count = new.window(day)
            else:
                count = max((e.counted for e in new.entries if e.is_order and e.day == day), default=-1)
            gained_by = day if new.kind == "period" else midnight_ending(day - timedelta(days=1), new.zone)
            term = new._term(new.reached(count), day, gained_by, at) if count >= 0 or new.kind == "period" else None
            if term is not None and (best is None or term.level > best.level):
                best, term.count = term, count
                term.gained_on = day if new.kind == "each" else None
    if best is not None and best.level > new.spent_for:
        new.hold(best, at)
