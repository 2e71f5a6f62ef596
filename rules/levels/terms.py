"""The levels that a membership has spent for, each with its term; the last is the one that holds (spec 3.4, 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.levels.calendar import day_after, first_whole_day
from rules.levels.entry import Entry, is_stranger
from rules.levels.kept import Counted, PaidTerm, Standing, Term
from rules.state import NEVER_MS

if TYPE_CHECKING:
    from rules.levels.standards import Standard
    from rules.rulebook.compiled.level import Span
    from rules.rulebook.compiled.program import CompiledProgram


def spent_for(program: CompiledProgram, standing: Standing | None) -> str | None:
    """The level that is spent for now, where levels have terms: that of the newest, or the one that nothing reaches as well."""
    floor = program.floor
    if standing is None or not standing.terms:
        return floor
    level = standing.terms[-1].level
    return floor if program.position(floor) > program.position(level) else level


def last_day_after(program: CompiledProgram, day: int) -> int | None:
    """The last day of a term of the full validity, from that day; None where terms do not end."""
    return None if program.validity is None else day_after(day, program.validity)


def ends_ms(program: CompiledProgram, last_day: int | None) -> int:
    """The midnight (epoch ms) that ends a term with that last day; NEVER_MS for none."""
    return NEVER_MS if last_day is None else program.days.midnight_after(last_day)


def fit_ends(program: CompiledProgram, standing: Standing, at_ms: int) -> None:
    """Has terms that run at a time end by the program's zone, where that is another than before: with the same last day. Where that is over
    there by then, they end now.
    """
    ending: list[Term | PaidTerm] = [*standing.terms, *(paid for paid in standing.paid.values() if paid.runs)]
    for term in ending:
        if term.ends_ms >= at_ms:
            term.ends_ms = max(ends_ms(program, term.last_day), at_ms)


def prolong(program: CompiledProgram, term: Term, by: Span) -> None:
    """Moves the end of a term, counted from its last day."""
    assert term.last_day is not None
    term.last_day = day_after(term.last_day, by)
    term.ends_ms = ends_ms(program, term.last_day)


def new_number(standing: Standing) -> int:
    """That of one more term."""
    standing.number += 1
    return standing.number


def below(standing: Standing, at_ms: int) -> Term | None:
    """The level spent for before, which is the highest below the last one whose own term still runs at a time; None where there is none."""
    for term in reversed(standing.terms[:-1]):
        if term.ends_ms > at_ms:
            return term
    return None


def is_better(program: CompiledProgram, level: str, until_ms: int, than: Term) -> bool:
    """Whether a level is the one to be held rather than that of another term: it is higher, or the same and ends later."""
    position, other = program.position(level), program.position(than.level)
    return position > other or (position == other and until_ms > than.ends_ms)


def put(program: CompiledProgram, standing: Standing, term: Term, at_ms: int) -> None:
    """Makes a term the one that holds: of the others, those of lower levels are left whose terms run at a time."""
    position = program.position(term.level)
    standing.terms = [
        each for each in standing.terms if each is not term and each.ends_ms > at_ms and program.position(each.level) < position
    ]
    standing.terms.append(term)


def count(program: CompiledProgram, standard: Standard, standing: Standing, entry: Entry) -> None:
    """Has a document count, or what is left of one, in the terms that it is timed in: those that run, and the one that ended last."""
    if program.validity is None:
        return
    for term in standing.terms:
        if (
            term.from_us <= entry.time_us
            and entry.time_ms < term.ends_ms
            and not (entry.kin and is_apart(program, term, term.from_us, entry))
        ):
            _count(program, standard, term, term.counted, entry)
    last = standing.last_end
    if last is None:
        return
    if entry.time_us >= last.at_us:
        _count(program, standard, last.term, last.after, entry)
    elif entry.time_us >= last.term.from_us and not (entry.kin and is_apart(program, last.term, last.term.from_us, entry)):
        _count(program, standard, last.term, last.term.counted, entry)


def is_apart(program: CompiledProgram, term: Term, from_us: int, entry: Entry) -> bool:
    """Whether an order of another id than a term's is of the day on which something of that term begins (epoch us): it does not count in it
    (rules/merging).
    """
    return is_stranger(entry, term.number) and entry.day(program.days) < first_whole_day(from_us, program.days)


def _count(program: CompiledProgram, standard: Standard, term: Term, counted: Counted, entry: Entry) -> None:
    """Has it count in what is kept of a term, of which the level is that term's."""
    counted.total += entry.now - entry.before
    by_order, reaching = program.lock_in_by_order, standard.counts_orders
    if not (entry.of_order and (by_order or reaching)):
        return
    was_there = not entry.is_new
    for level in program.ladder[: program.position(term.level) + 1]:
        if not level.enabled or level.threshold is None:
            continue
        if reaching:
            _number(counted.reached, level.code, was_there and entry.before >= level.threshold, entry.now >= level.threshold)
        if by_order and level.lock_in_amount is not None:
            amount = level.lock_in_amount
            _number(counted.locking, level.code, was_there and entry.before >= amount, entry.now >= amount)


def _number(numbers: dict[str, int], level: str, was: bool, now: bool) -> None:
    """One more or one fewer that reaches a level, or as many as before."""
    if was == now:
        return
    number = numbers.get(level, 0) + (1 if now else -1)
    if number:
        numbers[level] = number
    else:
        numbers.pop(level, None)


def together(one: Counted, other: Counted) -> Counted:
    """What counted in both."""
    return Counted(one.total + other.total, _added(one.reached, other.reached), _added(one.locking, other.locking))


def copy_of(counted: Counted) -> Counted:
    """Another of the same."""
    return Counted(counted.total, dict(counted.reached), dict(counted.locking))


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {level: one.get(level, 0) + other.get(level, 0) for level in {**one, **other}}
