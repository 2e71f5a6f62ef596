"""Points earned elsewhere, or taken back (spec 1.10)."""

from __future__ import annotations

from agents.fold import held
from agents.fold.incoming import Incoming
from agents.fold.orders import Kept
from agents.fold.refunds import check_age
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.points import Points
from rules.members import registered_by
from rules.spending.points import apply_points, check_points, take_points_back
from rules.state import NEVER_MS, Member
from tables.layout import encode_order


def check(turn: Turn, accepted: Accepted) -> None:
    """Raises InvalidDocument where the program that they name does not measure points."""
    assert isinstance(accepted.document, Points)
    points = accepted.document
    member = None if points.program is None else turn.table.member(points.member_id)
    check_points(points, turn.rulebook, registered_by(member, points.earned_at), turn.clock.now_ms)


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """Applies them. Raises Refused."""
    check(turn, accepted)
    points = accepted.document
    assert isinstance(points, Points)
    kept = None if points.takes_back is None else turn.orders.points(member_id, points.takes_back)
    if points.takes_back is not None and kept is None:
        held.hold(turn, points, member_id, member, accepted.received_ms, Incoming(topic, record))
        turn.orders.keep(accepted.own_key, None, accepted.content)
        return
    member, new = turn.registered(member, accepted.time_ms, points.earned_at)
    if kept is not None:
        _take_back(turn, points, member, kept, accepted.received_ms)
        earned = None
    else:
        earned = apply_points(member, accepted, turn.clock.now_ms, turn.rulebook, turn.happened)
    if new:
        turn.keep_new(member_id, member, points.earned_at)
    if earned is None:
        turn.orders.keep(accepted.own_key, None, accepted.content)
        return
    turn.orders.keep(accepted.own_key, None, encode_order(earned))
    if member.due != NEVER_MS:
        _apply_held(turn, points.points_id, member_id, member)


def _apply_held(turn: Turn, points_id: str, member_id: str, member: Member) -> None:
    """Takes back what waited for these points."""

    def apply(points: held.Holdable, received_ms: int) -> None:
        kept = turn.orders.points(member_id, points_id)
        assert kept is not None and isinstance(points, Points)
        _take_back(turn, points, member, kept, received_ms)

    held.apply_held(turn, (points_id,), True, apply, member_id, member)


def _take_back(turn: Turn, points: Points, member: Member, kept: Kept, received_ms: int) -> None:
    """Takes points back from those that are known. Raises Refused."""
    check_age(turn, kept.record, received_ms, points.takes_back, "/takes_back")
    amended = take_points_back(member, points, kept.record, turn.clock.now_ms, turn.rulebook, turn.happened)
    turn.orders.amend(kept.key, amended)
