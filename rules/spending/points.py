"""Points applied to their member: what they count towards the levels of programs that measure points (spec 1.10)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rules.documents.accepted import Accepted
from rules.documents.points import Points
from rules.documents.validity import InvalidDocument
from rules.finer import counts_in
from rules.happened import Happened
from rules.levels.cause import Case, Cause
from rules.levels.counting import counts_by
from rules.levels.entry import epoch_us, new_order, number_of, terms_with, without_order
from rules.levels.noting import note_uncounted
from rules.levels.orders import take_back_of
from rules.levels.spending import spend
from rules.order_record import OrderRecord
from rules.rulebook.rulebook import Rulebook
from rules.spending.sums import LARGE, check_sums
from rules.state import Member


def check_points(points: Points, rulebook: Rulebook, registered_us: int, now_ms: int) -> None:
    """Raises InvalidDocument where they name a program that does not measure points."""
    if points.program is None:
        return
    program = rulebook.program_for(registered_us, points.program, now_ms)
    if program is None:
        raise InvalidDocument("/program", f"there is no program {points.program!r}; publish it first, or mend the code")
    if not program.points:
        raise InvalidDocument("/program", f"program {program.code} measures spending, and not points")


def apply_points(
    member: Member, accepted: Accepted, now_ms: int, rulebook: Rulebook, happened: list[Happened]
) -> OrderRecord | None:
    """Has points count as an order would. The record tells what takes them back later where they counted; None of points below 0, which act
    as a refund without an order. Raises InvalidDocument.
    """
    points = accepted.document
    assert isinstance(points, Points)
    amount, time_us = points.points, epoch_us(accepted.time_ms, points.earned_at)
    cause = Cause("points", points.points_id, None, points.earned_at, now_ms, points.imported, accepted.finer_us)
    programs: list[int] = []
    terms: Sequence[int] = ()
    for membership in member.memberships:
        program = rulebook.program_of(member, membership.program, now_ms)
        if program is None or points.program not in (None, program.code) or not program.points:
            continue
        if not counts_in(member, membership, time_us):
            continue
        if counts_by(program, time_us, points.imported):
            membership.spent += amount
            membership.judged = program.ref
            programs.append(program.first_ref)
            entry = new_order(time_us, amount) if amount > 0 else without_order(time_us, -amount)
            spend(Case(program, points.member_id, member, membership, rulebook, cause, happened), entry)
        else:
            programs.append(~program.first_ref)
            of_order = amount > 0
            note_uncounted(
                program, membership, accepted.time_ms, amount, now_ms, rulebook, of_order=of_order, imported=points.imported
            )
        terms = terms_with(terms, time_us, len(programs), number_of(membership, imported=points.imported))
    if abs(amount) > LARGE:
        check_sums(member)
    if amount < 0:
        return None
    return OrderRecord(accepted.content, now_ms, "", [points.points_id, 0, amount], programs, [], terms=terms)


def take_points_back(
    member: Member, points: Points, record: OrderRecord, now_ms: int, rulebook: Rulebook, happened: list[Happened]
) -> OrderRecord:
    """Takes back from points that are known, at most what is left of them, and gives their new record."""
    points_id, _, left = record.items
    assert isinstance(left, int)
    taken = min(left, -points.points)
    cause = Cause("points", points.points_id, None, points.earned_at, now_ms)
    take_back_of(record, left, left - taken, points.member_id, member, rulebook, cause, happened)
    return msgspec.structs.replace(record, items=[points_id, 0, left - taken], taken_back=record.taken_back + taken)
