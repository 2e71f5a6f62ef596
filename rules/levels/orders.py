"""What is taken back of an order, or of points, whose record says where it counted (spec 1.2, 1.10, 3.5)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.happened import Happened
from rules.levels.cause import Case, Cause
from rules.levels.entry import Entry, OfKin
from rules.levels.spending import take_back
from rules.order_record import OrderRecord
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import Kin, Member


def take_back_of(
    record: OrderRecord,
    before: int,
    now: int,
    member_id: str,
    member: Member,
    rulebook: Rulebook,
    cause: Cause,
    happened: list[Happened],
) -> None:
    """Of an order that counted so much until now, only so much counts from now on, in the programs that it counted for."""
    for membership in member.memberships:
        versions = rulebook.programs.get(membership.program)
        program = rulebook.program_of(member, membership.program, cause.now_ms)
        if versions is None or program is None:
            continue
        first_ref = versions[0].first_ref
        counted = first_ref in record.programs
        if not counted and ~first_ref not in record.programs:
            continue
        if program.points != (record.currency == ""):
            # What is measured was changed since: it counts no more.
            continue
        place = record.programs.index(first_ref if counted else ~first_ref) + 1
        time_us = record.terms[0] if record.terms else record.came_ms * 1000
        number = record.terms[place] if place < len(record.terms) else 0
        case = Case(program, member_id, member, membership, rulebook, cause, happened)
        counted_on = 0 if len(versions) == 1 else _counted_on(program, member, record, time_us, rulebook)
        # Who has but one id has nobody's terms beside his own.
        kin = terms_of_kin(member.seldom.kin, membership.program) if member.bought < 0 else ()
        entry = Entry(time_us, before, now, is_new=False, of_order=True, number=number, kin=kin, counted_on=counted_on)
        take_back(case, entry, counted=counted)


def _counted_on(program: CompiledProgram, member: Member, record: OrderRecord, time_us: int, rulebook: Rulebook) -> int:
    """The local day that an order of a time counted on, where the zone was another by the version that it came under; else 0."""
    then = rulebook.program_of(member, program.code, record.came_ms)
    return 0 if then is None or then.timezone == program.timezone else then.days.day_of(time_us // 1000)


def terms_of_kin(kin: Sequence[Kin], program: str) -> list[OfKin]:
    """Of each id that leads to a member, what is known of its terms in a program."""
    return [
        OfKin(each.numbers[program], each.last_numbers[program], each.stretches.get(program, ()))
        for each in kin
        if program in each.last_numbers
    ]
