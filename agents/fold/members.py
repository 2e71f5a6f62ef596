"""A member registered or changed by a document of his own (spec 1.7)."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET

from agents.fold.merging import delete, lead_to
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.member import MemberDocument
from rules.happened import LevelChange
from rules.levels.held import registered_as_held, shown
from rules.members import change, check_member
from rules.messages.telling import tell_rules
from rules.state import Member, Membership
from rules.times import iso, moment, moment_us


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """Changes the member, who is registered by it where he was not yet. Raises InvalidDocument."""
    document, time_ms = accepted.document, accepted.time_ms
    assert isinstance(document, MemberDocument)
    came = document.received_at or moment_us(accepted.received_ms * 1000 + accepted.finer_us)
    at = document.registered_at or came
    check_member(document, turn.rulebook)
    member, new = turn.registered(member, time_ms, at)
    if new and document.programs is not UNSET:
        member.memberships = []
    before = {membership.program for membership in member.memberships if not membership.left}
    change(member, document, turn.rulebook, at, turn.clock.now_ms)
    # Told before he is: of who leads to another, or is deleted, only what he is still in is told.
    for membership in member.memberships:
        if membership.left and membership.program in before:
            _tell(turn, member_id, member, membership, at)
    if document.deleted:
        delete(turn, member_id, member, came, new=new)
        return
    into = document.merged_into
    if into is not None and lead_to(turn, member_id, member, into, came, new=new):
        return
    if new:
        turn.keep_new(member_id, member, at)
        for membership in member.memberships:
            tell_registered(turn, member_id, member, membership)
        return
    for membership in member.memberships:
        if not membership.left and membership.program not in before:
            _tell(turn, member_id, member, membership, at)
            tell_registered(turn, member_id, member, membership)


def tell_registered(turn: Turn, member_id: str, member: Member, membership: Membership) -> None:
    """Tells a member of the rules and benefits of a program that he was registered in (spec 3.11)."""
    now_ms = turn.clock.now_ms
    program = turn.rulebook.program_of(member, membership.program, now_ms)
    if program is not None:
        tell_rules(member_id, member, program, shown(program, membership), moment(now_ms), turn.rulebook, turn.happened)


def _tell(turn: Turn, member_id: str, member: Member, membership: Membership, told_at: datetime) -> None:
    """That he left a program, or was registered in it."""
    program = turn.rulebook.program_of(member, membership.program, turn.clock.now_ms)
    code, level, at = membership.program, shown(program, membership), iso(told_at)
    if level is None and not turn.settings.announce_registrations:
        return
    if membership.left:
        turn.happened.append(LevelChange(code, member_id, level, None, "left", None, at))
        return
    turn.happened.append(registered_as_held(program, member_id, membership, at))
