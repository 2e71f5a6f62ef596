"""A member registered or changed by a document of his own (spec 1.7)."""

from __future__ import annotations

from msgspec import UNSET

from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.member import MemberDocument
from rules.happened import LevelChange, Why
from rules.members import change, check_member
from rules.state import Member
from rules.times import at_utc, moment


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """Changes the member, who is registered by it where he was not yet. Raises InvalidDocument."""
    document, time_ms = accepted.document, accepted.time_ms
    assert isinstance(document, MemberDocument)
    check_member(document, turn.rulebook)
    member, new = turn.registered(member, time_ms)
    if new and document.programs is not UNSET:
        member.memberships = []
    before = {membership.program for membership in member.memberships if not membership.left}
    change(member, document, turn.rulebook, time_ms, turn.clock.now_ms)
    if new:
        turn.keep_new(member_id, member, moment(time_ms))
        return
    for membership in member.memberships:
        level, left = membership.level, membership.left
        if left == (membership.program in before) and (level is not None or turn.settings.announce_registrations):
            was, now = (level, None) if left else (None, level)
            why: Why = "left" if left else "registered"
            turn.happened.append(LevelChange(membership.program, member_id, was, now, why, None, at_utc(time_ms)))
