"""A changed program: what is remembered of a membership is made to fit it, before the member is judged by it (spec 3.5, 3.6).

A level spent for is judged afresh by the count that it is remembered with. One that is disabled becomes the next enabled one below. What
changes nothing that is judged by leaves all as it is.
"""

from __future__ import annotations

from rules.levels import each, since_upgrade
from rules.levels.kept import ALWAYS_US, Counted, Standing, Term
from rules.levels.past import orders_in
from rules.levels.recounting import count_afresh, counts_from_us
from rules.levels.refunds import fall
from rules.levels.terms import ends_ms, fit_ends, last_day_after, new_number
from rules.levels.upgrade import rise_by_rule
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import NEVER_MS, Membership


def adapt(old: CompiledProgram, program: CompiledProgram, membership: Membership, at_ms: int) -> None:
    """Has what is spent for be what it is by this version of a program, which holds from a time on; `old`: by which it was judged."""
    if program.judges_as(old):
        return
    if program.points != old.points:
        _begin_anew(membership)
    standing = membership.standing
    if standing is not None and program.timezone != old.timezone:
        fit_ends(program, standing, at_ms)
    remembered = [] if standing is None else [_remembered(old, standing, term) for term in standing.terms]
    level = old.reached(membership.spent) if old.standard is None else None
    count_afresh(old, program, membership, at_ms)
    standing, standard = membership.standing, program.standard
    if standard is None:
        if standing is not None:
            _forget_terms(standing)
        return
    if standing is None:
        standing = membership.standing = Standing()
    if level is not None and old.position(level) > old.position(old.floor):
        # It had no terms, and has them now: the level that is spent for begins one, and is remembered with the sum.
        at_us, remembered = at_ms * 1000, [membership.spent]
        standing.terms = [Term(level, None, 0, at_us, new_number(standing), at_us, membership.spent, decided=True)]
    kept: list[Term] = []
    for term, count in zip(reversed(standing.terms), reversed(remembered), strict=True):
        if _is_kept(old, program, standing, term, count, at_ms):
            kept.append(term)
        elif not kept and not term.decided and program.standard is since_upgrade and old.standard is since_upgrade:
            # It was not gained by these rules: the count goes on from the upgrade before.
            since_upgrade.fell(standing, term)
    kept.reverse()
    _order(program, standing, kept, at_ms)
    if program.standard is since_upgrade and old.standard is not since_upgrade:
        _begin_count(membership, standing, at_ms)
    # It was judged by other rules.
    standing.last_end = None
    if program.spending_downgrade:
        fall(program, standard, standing, at_ms)
    rise_by_rule(program, standard, standing, at_ms)


def _begin_anew(membership: Membership) -> None:
    """Points and spending are not added up: of what is measured now nothing has counted."""
    membership.spent, membership.ledger = 0, b""
    if membership.standing is not None:
        _forget_terms(membership.standing)


def _forget_terms(standing: Standing) -> None:
    """Of what is spent for nothing is kept: the sum says all."""
    standing.terms, standing.last_end, standing.days, standing.orders = [], None, {}, {}
    standing.count, standing.from_us, standing.newest_us = 0, ALWAYS_US, ALWAYS_US


def _begin_count(membership: Membership, standing: Standing, at_ms: int) -> None:
    """Of who holds a level, what is timed from now on counts since; of who holds none, all that has counted."""
    if standing.terms:
        standing.count, standing.from_us = 0, at_ms * 1000
    else:
        standing.count, standing.from_us = membership.spent, ALWAYS_US


def _is_kept(old: CompiledProgram, program: CompiledProgram, standing: Standing, term: Term, count: int, at_ms: int) -> bool:
    """Makes a term one of this version; false where its level is lost, and no lower one reached. `count`: what it is remembered with."""
    level = _level_of(old, program, term.level, count)
    if level is None or program.position(level) <= program.position(program.floor):
        return False
    if term.decided or program.standard is not since_upgrade or old.standard is not since_upgrade:
        # Else it is what counts of it now, which refunds judge by.
        term.gained_with = count
    if program.standard is not old.standard:
        term.decided, term.proof, term.sure = True, {}, 0
    _fit_end(program, term, at_ms)
    _recount(old, program, standing, term, level)
    term.level = level
    if program.standard is each and program.spending_downgrade and not term.decided:
        each.prove_afresh(program, standing, term, old.days.day_of(term.gained_at // 1000))
    elif program.standard is each and old.standard is each and program.timezone != old.timezone and not term.decided:
        each.gained_on(program, term, old.days.day_of(term.gained_at // 1000))
    return True


def _remembered(old: CompiledProgram, standing: Standing, term: Term) -> int:
    """The count that a level is remembered with: such that by the rules that it was judged by, it reaches that level and none above it."""
    count = term.gained_with
    if old.standard is None or old.reached(count) == term.level:
        return count
    if old.spending_downgrade and not term.decided:
        count = old.standard.still(old, standing, term)
    return count if old.reached(count) == term.level else old.thresholds.get(term.level, count)


def _level_of(old: CompiledProgram, program: CompiledProgram, level: str, count: int) -> str | None:
    """What a level becomes. Of one that is disabled, the next enabled one below; else what the count reaches, which is no higher level
    where it is of another standard.
    """
    if level not in program.positions or level in program.thresholds:
        if program.standard is old.standard:
            return program.reached(count)
        left = (program.position(rung.code) for rung in reversed(old.ladder[: old.position(level) + 1]))
        return program.reached_up_to(count, next((position for position in left if position >= 0), -1))
    position = program.position(level)
    lower = next((code for code in reversed(program.thresholds) if program.position(code) < position), None)
    if lower is not None and old.thresholds.get(lower) != program.thresholds[lower]:
        return program.reached_up_to(count, position)
    return lower


def _fit_end(program: CompiledProgram, term: Term, at_ms: int) -> None:
    """Has it end where the program has terms that end. One that had no end begins now."""
    if program.validity is None:
        term.last_day, term.ends_ms = None, NEVER_MS
    elif term.last_day is None:
        term.last_day = last_day_after(program, program.days.day_of(at_ms))
        term.ends_ms = ends_ms(program, term.last_day)
        term.from_us, term.counted = at_ms * 1000, Counted()


def _recount(old: CompiledProgram, program: CompiledProgram, standing: Standing, term: Term, level: str) -> None:
    """Numbers the orders that reach amounts which are others now, by the days that are kept. `level`: what the term's becomes."""
    if program.validity is None:
        return
    orders, counted = orders_in(old.days, standing, term), term.counted
    numbered = {rung.code: rung for rung in old.ladder[: old.position(term.level) + 1] if rung.enabled}
    later = program.active_from_us > old.active_from_us and counts_from_us(program) > term.from_us
    if old.validity is None or later:
        numbered = {}
    by_order = program.standard is each
    for rung in program.ladder[: program.position(level) + 1]:
        if not rung.enabled or rung.threshold is None:
            continue
        was = numbered.get(rung.code)
        if by_order and (was is None or old.standard is not each or was.threshold != rung.threshold):
            _number(counted.reached, rung.code, orders, rung.threshold)
        if program.lock_in_by_order and (was is None or not old.lock_in_by_order or was.lock_in_amount != rung.lock_in_amount):
            _number(counted.locking, rung.code, orders, rung.lock_in_amount)


def _number(numbers: dict[str, int], level: str, orders: list[int], amount: int | None) -> None:
    number = 0 if amount is None else sum(counted >= amount for counted in orders)
    if number:
        numbers[level] = number
    else:
        numbers.pop(level, None)


def _order(program: CompiledProgram, standing: Standing, terms: list[Term], at_ms: int) -> None:
    """Of terms in another ladder, those that run: at most one of a level, which ends last; the highest holds."""
    standing.terms = []
    for term in sorted(terms, key=lambda term: (program.position(term.level), term.ends_ms)):
        # One that ends at this very instant is judged by these rules, right after.
        if term.ends_ms < at_ms:
            continue
        if standing.terms and standing.terms[-1].level == term.level:
            other = standing.terms.pop()
            if program.standard is since_upgrade and other.number > term.number and not other.decided:
                # The upgrade that it was is none any more, and what it counted is since the one before.
                term.gained_with += other.gained_with
                term.lapsed += other.lapsed
        standing.terms.append(term)
