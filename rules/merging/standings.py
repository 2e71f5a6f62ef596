"""Terms of levels of two memberships that are one (spec 1.7, 3.4, 3.5).

What is a sum is added, by day too. Each term goes on: the highest level holds, those below it while their own terms run; of one level the
term that ends later. In a term, and in what counts since an upgrade, what the other id has counts by the days that are kept: those that lie
in it whole. Of a level paid for the last day is the later one.
"""

from __future__ import annotations

from rules.levels import since_upgrade
from rules.levels.calendar import first_whole_day
from rules.levels.kept import ALWAYS_US, NEVER_US, PaidTerm, Standing, Term
from rules.levels.ledger import ORDERS_OF_A_DAY
from rules.levels.past import orders_from
from rules.levels.terms import put
from rules.levels.upgrade import rise_by_rule
from rules.merging.strangers import count_days, count_strangers
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import NEVER_MS, Membership


def first_number(standing: Standing) -> int:
    """Which of a member's terms the first of another's is, who becomes him."""
    return standing.number + 1


def unite_standings(program: CompiledProgram, membership: Membership, his: Standing | None, now_ms: int) -> None:
    """Adds another's to a membership's."""
    if his is None:
        return
    mine = membership.standing
    if mine is None:
        membership.standing = his
        his.told_until, his.told_by = None, 0
        return
    first = first_number(mine)
    for term in his.terms if his.last_end is None else [*his.terms, his.last_end.term]:
        term.number += first
    if program.standard is not None:
        _unite_terms(program, mine, his, now_ms)
    # So what came under either id, and what comes for both, is told apart by the numbers of terms.
    mine.number = first + his.number + 1
    mine.newest_us = max(mine.newest_us, his.newest_us)
    _add_days(mine, his)
    for level, paid in his.paid.items():
        mine.paid[level] = _later(mine.paid.get(level), paid)


def _unite_terms(program: CompiledProgram, mine: Standing, his: Standing, now_ms: int) -> None:
    for one, other in ((mine, his), (his, mine)):
        for term in one.terms:
            count_strangers(program, term, other)
        if one.last_end is not None:
            _count_in_last_end(program, one, other)
    terms = sorted([*his.terms, *mine.terms], key=lambda each: (program.position(each.level), each.ends_ms))
    of_his = {term.number for term in his.terms}
    held = Standing()
    for term in terms:
        if term.ends_ms > now_ms:
            put(program, held, term, now_ms)
    if program.standard is since_upgrade:
        _unite_stretches(program, mine, his, held.terms, of_his)
    mine.terms = held.terms
    if mine.last_end is None or (his.last_end is not None and his.last_end.at_us > mine.last_end.at_us):
        mine.last_end = his.last_end


def _unite_stretches(program: CompiledProgram, mine: Standing, his: Standing, terms: list[Term], of_his: set[int]) -> None:
    """What counts since the upgrade of whose level holds; where neither has one, since the later end of one."""
    is_his = terms[-1].number in of_his if terms else his.from_us > mine.from_us
    holder, other = (his, mine) if is_his else (mine, his)
    own = [term for term in terms if (term.number in of_his) == is_his]
    for term in terms:
        if term not in own:
            # It stands as if an end had decided it: what counts since is another's.
            term.decided, term.stretch_us = True, NEVER_US
    count, from_us = holder.count, holder.from_us
    if from_us == ALWAYS_US == other.from_us:
        count += other.count
    else:
        begins = first_whole_day(from_us, program.days)
        count += sum(total for day, total in other.days.items() if day >= begins)
        for term in reversed(own):
            ended, begins = begins, min(begins, first_whole_day(term.stretch_us, program.days))
            term.gained_with += sum(total for day, total in other.days.items() if begins <= day < ended)
    mine.count, mine.from_us = count, from_us


def _count_in_last_end(program: CompiledProgram, standing: Standing, other: Standing) -> None:
    last = standing.last_end
    assert last is not None
    count_strangers(program, last.term, other)
    from_day = program.days.day_of(last.at_us // 1000)
    count_days(program, last.term, last.after, other, from_day, None)
    if program.standard is since_upgrade:
        first = first_whole_day(last.from_us, program.days)
        last.count += sum(total for day, total in other.days.items() if first <= day < from_day)


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


def _later(mine: PaidTerm | None, his: PaidTerm) -> PaidTerm:
    if mine is None:
        return his
    return max(mine, his, key=lambda each: (each.runs, NEVER_MS if each.last_day is None else each.last_day))


def judge_afresh(program: CompiledProgram, standing: Standing | None, now_ms: int) -> None:
    """Gains what the sums of both reach. Where there are none, each order was judged when it came."""
    standard = program.standard
    if standing is not None and standard is not None and not standard.counts_orders:
        rise_by_rule(program, standard, standing, now_ms)
