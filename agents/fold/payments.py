"""A level that was paid for (spec 1.9)."""

from __future__ import annotations

from agents.fold.members import tell_registered
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.payment import LevelPayment
from rules.levels.cause import Case, Cause
from rules.levels.held import registered_as_held
from rules.levels.payments import apply_payment, check_price, paid_level
from rules.members import join, registered_by
from rules.state import Member
from rules.times import iso


def check(turn: Turn, accepted: Accepted) -> None:
    """Raises InvalidDocument where there is nothing such to be paid for."""
    payment = accepted.document
    assert isinstance(payment, LevelPayment)
    member = turn.table.member(payment.member_id)
    paid_level(payment, turn.rulebook, registered_by(member, payment.paid_at), turn.clock.now_ms)


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """Applies it; who is not in the program joins it. Raises Refused."""
    payment, time_ms, now_ms, rulebook = accepted.document, accepted.time_ms, turn.clock.now_ms, turn.rulebook
    assert isinstance(payment, LevelPayment)
    program, level = paid_level(payment, rulebook, registered_by(member, payment.paid_at), now_ms)
    check_price(program, level, payment)
    member, new = turn.registered(member, time_ms, payment.paid_at)
    if new:
        member.memberships = []
    belonged = any(each.program == program.code and not each.left for each in member.memberships)
    membership = join(member, program.code, rulebook, payment.paid_at, now_ms)
    if not (new or belonged):
        told = registered_as_held(program, member_id, membership, iso(payment.paid_at))
        if told.level is not None or turn.settings.announce_registrations:
            turn.happened.append(told)
    cause = Cause("payment", payment.payment_id, None, payment.paid_at, now_ms, finer_us=accepted.finer_us)
    apply_payment(Case(program, member_id, member, membership, rulebook, cause, turn.happened), level)
    if not belonged:
        tell_registered(turn, member_id, member, membership)
    if new:
        turn.keep_new(member_id, member, payment.paid_at)
    turn.orders.keep(accepted.own_key, accepted.business_key, accepted.content)
