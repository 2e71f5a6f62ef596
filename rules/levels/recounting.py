"""What counts, and where it is kept, is made to fit a changed program: by the local days that are kept (spec 3.6).

Another standard looks at days, or at the sum alone; another `active_from` or `include_imported` has other documents count. A day counts
from `active_from` on where the whole of it is not before that. What is so long ago that its days are not kept stays counted unless the
days that are kept are before `active_from` as well.
"""

from __future__ import annotations

from rules.levels import terms
from rules.levels.entry import Entry
from rules.levels.kept import ALWAYS_US, Counted, Standing
from rules.levels.ledger import IMPORTED, LONG_AGO, NO_ORDER, NOT_COUNTED, Noted, ledger_of, noted_in
from rules.levels.past import keep_noted, noted_of
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import ALWAYS_MS, Membership


def count_afresh(old: CompiledProgram, program: CompiledProgram, membership: Membership, at_ms: int) -> None:
    """Has count what counts by a version, which holds from a time on; `old`: by which it was counted."""
    if program.counts_as(old):
        return
    standing = membership.standing
    before = _all(old, membership)
    after = [_by_rule(old, program, each, before) for each in before]
    membership.spent = sum(each.amount for each in after if each.counts)
    if program.standard is None:
        membership.ledger = ledger_of(after)
        return
    membership.ledger = ledger_of(each for each in after if not each.counts)
    if standing is None:
        standing = membership.standing = Standing()
    counting = [each for each in after if each.counts and each.day != LONG_AGO]
    keep_noted(standing, counting)
    if old.standard is None:
        # Of the newest its day is known.
        newest = max((program.days.midnight_after(each.day) * 1000 for each in counting), default=ALWAYS_US)
        standing.newest_us = min(newest, at_ms * 1000) - 1 if counting else at_ms * 1000 - 1 if membership.spent else ALWAYS_US
    elif program.active_from_us > old.active_from_us:
        _count_no_more(program, standing)
    else:
        added = [now for was, now in zip(before, after, strict=True) if now.counts and not was.counts]
        _count_as_well(old, program, standing, added)


def counts_from_us(program: CompiledProgram) -> int:
    """From when on whole days are not before `active_from` (epoch us)."""
    active_ms = program.active_from_ms
    if active_ms <= ALWAYS_MS:
        return ALWAYS_US
    day = program.days.day_of(active_ms)
    begins_ms = program.days.midnight_after(day - 1)
    return (begins_ms if begins_ms == active_ms else program.days.midnight_after(day)) * 1000


def _all(old: CompiledProgram, membership: Membership) -> list[Noted]:
    """All that is known of a membership by day, and what is not as one sum."""
    noted = noted_in(membership.ledger)
    if old.standard is not None and membership.standing is not None:
        noted += noted_of(membership.standing)
    rest = membership.spent - sum(each.amount for each in noted if each.counts)
    return [Noted(LONG_AGO, rest, NO_ORDER), *noted] if rest else noted


def _by_rule(old: CompiledProgram, program: CompiledProgram, noted: Noted, known: list[Noted]) -> Noted:
    """What it is by the rules of now; by the old ones it counted as it says."""
    imported = bool(noted.flags & IMPORTED)
    if imported and not program.include_imported:
        counts = False
    elif program.active_from_us == old.active_from_us and (not imported or old.include_imported):
        counts = noted.counts
    else:
        day = noted.day
        if day == LONG_AGO:
            day = min((each.day for each in known if each.day != LONG_AGO), default=LONG_AGO)
        begins_us = ALWAYS_US if day == LONG_AGO else old.days.midnight_after(day - 1) * 1000
        counts = program.active_from_us <= begins_us
    return noted._replace(flags=noted.flags & ~NOT_COUNTED | (0 if counts else NOT_COUNTED))


def _count_no_more(program: CompiledProgram, standing: Standing) -> None:
    """What is of before a later `active_from` counts no more. What a level was gained with is remembered."""
    from_us = counts_from_us(program)
    if from_us > standing.from_us:
        standing.count = sum(standing.days.values())
    for term in standing.terms:
        if from_us > term.from_us:
            days = (total for day, total in standing.days.items() if term.last_day is None or day <= term.last_day)
            term.counted = Counted(sum(days))
    _lapse(standing, from_us)


def _lapse(standing: Standing, from_us: int) -> None:
    """Of what levels were gained with since the upgrade before, what is of before that time counts no more, should the count go on from
    there.
    """
    until_us, left = standing.from_us, sum(standing.days.values()) - standing.count
    for term in reversed(standing.terms):
        if from_us >= until_us:
            counts = 0
        elif from_us > term.stretch_us:
            counts = left
        else:
            counts = term.gained_with - term.lapsed
        term.lapsed = term.gained_with - counts
        until_us, left = term.stretch_us, left - counts


def _count_as_well(old: CompiledProgram, program: CompiledProgram, standing: Standing, added: list[Noted]) -> None:
    """What is of after an earlier `active_from` counts too, where the whole day lies in the stretch or term."""
    assert old.standard is not None
    for each in added:
        begins_us = program.days.midnight_after(each.day - 1) * 1000
        if begins_us >= standing.from_us:
            standing.count += each.amount
        else:
            of = next((term for term in reversed(standing.terms) if begins_us >= term.stretch_us), None)
            if of is not None:
                of.lapsed -= each.amount
        standing.newest_us = max(standing.newest_us, begins_us)
        terms.count(old, old.standard, standing, Entry(begins_us, 0, each.amount, is_new=True, of_order=each.of_order))
