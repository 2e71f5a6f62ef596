"""Terms of levels of two memberships that are one (spec 1.7, 3.4, 3.5).

What is a sum is added, by day too. Of the terms each goes on: the highest level holds, those below it while their own terms run; of one
level the term that ends later, in which what counted in both counts. Of a level paid for the last day is the later one.
"""

from __future__ import annotations

from rules.levels.kept import PaidTerm, Standing, Term
from rules.levels.past import ORDERS_OF_A_DAY, orders_from
from rules.levels.terms import put, together
from rules.levels.upgrade import rise_by_rule
from rules.rulebook.compiled import CompiledProgram
from rules.state import NEVER_MS, Membership


def unite_standings(program: CompiledProgram, membership: Membership, his: Standing | None, now_ms: int) -> None:
    """Adds another's to a membership's."""
    if his is None:
        return
    mine = membership.standing
    if mine is None:
        membership.standing = his
        his.told_until, his.told_by = None, 0
        return
    for term in his.terms:
        term.number += mine.number
    terms = [*mine.terms, *his.terms]
    mine.number += his.number
    mine.newest_us = max(mine.newest_us, his.newest_us)
    mine.count += his.count
    mine.from_us = max(mine.from_us, his.from_us)
    _add_days(mine, his)
    mine.terms = []
    for term in sorted(terms, key=lambda each: (program.position(each.level), each.ends_ms)):
        _put(program, mine, term, now_ms)
    if mine.last_end is None or (his.last_end is not None and his.last_end.at_us > mine.last_end.at_us):
        mine.last_end = his.last_end
    for level, paid in his.paid.items():
        mine.paid[level] = _later(mine.paid.get(level), paid)


def _add_days(mine: Standing, his: Standing) -> None:
    for day, total in his.days.items():
        if day not in mine.days:
            mine.days[day] = total
            if day in his.orders:
                mine.orders[day] = his.orders[day]
            continue
        orders = [*orders_from(mine, day, day), *orders_from(his, day, day)]
        mine.days[day] += total
        mine.orders[day] = sorted(orders)[-ORDERS_OF_A_DAY:]


def _put(program: CompiledProgram, standing: Standing, term: Term, now_ms: int) -> None:
    before = standing.terms[-1] if standing.terms else None
    if before is not None and (before.level == term.level or before.from_us >= term.from_us):
        # It counts in this term too.
        term.counted = together(term.counted, before.counted)
    if before is not None and before.level == term.level:
        term.gained_with += before.gained_with
        term.proof = {level: term.proof.get(level, 0) + before.proof.get(level, 0) for level in term.proof | before.proof}
        term.sure = max(term.sure, before.sure)
        term.decided |= before.decided
        term.from_us, term.gained_at = min(term.from_us, before.from_us), min(term.gained_at, before.gained_at)
        term.stretch_us = min(term.stretch_us, before.stretch_us)
    put(program, standing, term, now_ms)


def _later(mine: PaidTerm | None, his: PaidTerm) -> PaidTerm:
    if mine is None:
        return his
    return max(mine, his, key=lambda each: (each.runs, NEVER_MS if each.last_day is None else each.last_day))


def judge_afresh(program: CompiledProgram, standing: Standing | None, now_ms: int) -> None:
    """Gains what the sums of both reach. Where there are none, each order was judged when it came."""
    standard = program.standard
    if standing is not None and standard is not None and not standard.counts_orders:
        rise_by_rule(program, standard, standing, now_ms)
