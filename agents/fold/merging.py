"""Members who are merged, and deleted (spec 1.7): what is done where the old id was, and where the new one is.

What the old one had goes to the new one's partition as a record, in the turn that has the old id lead on; there it is taken once
(agents/fold/limited.py). What comes for the old id meanwhile goes the same way, behind it.
"""

from __future__ import annotations

from datetime import datetime

from agents.fold.held import give_up_held, take_held
from agents.turns.due import fire_due, has_due
from agents.turns.turn import Turn
from rules.figures.first_counted import remember_counted
from rules.gifts.releasing import carry_again
from rules.happened import Departed, LevelChange
from rules.levels.held import registered_as_held, shown
from rules.merging.unite import unite
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import NEVER_MS, NOT_ITS_OWN, HeldRefund, Kin, Member, Membership, Seldom
from rules.times import epoch_ms, finer_us, iso, moment_us
from streams.moved import Forgotten, Found, Led, Moved
from tables.member.record import decode_member, encode_member


def lead_to(turn: Turn, member_id: str, member: Member, into: str, at: datetime, *, new: bool) -> bool:
    """Has an id lead to another; False where it is to lead to itself, or to one that leads to it: so it does already. `new`: nobody was
    told of him yet.
    """
    if into == member_id or any(kin.member_id == into for kin in member.seldom.kin):
        return False
    if not new:
        _tell_left(turn, member_id, member, at)
    until_ms = min(turn.clock.now_ms + turn.table.keep_orders_ms, NEVER_MS)
    held = take_held(turn, member_id, member)
    turn.table.bring_back(member_id, member)
    turn.sending.append((into, Moved(member_id, into, epoch_ms(at), until_ms, encode_member(member), finer_us(at))))
    for refund in held:
        _send_held(turn, into, [member_id], refund)
    turn.table.touched[member_id] = Member(registered=False, bought=NOT_ITS_OWN, rest=Seldom(kin=[Kin(into, NEVER_MS)]))
    return True


def take_moved(turn: Turn, moved: Moved) -> None:
    """What an id had that leads here. Raises InvalidDocument; what was done by then is undone by `roll_back`."""
    table, member_id = turn.table, moved.into
    member = table.member(member_id)
    old = decode_member(moved.record)
    if table.was_deleted(member_id, member):
        # It leads to nobody.
        for forgotten in (moved.member_id, *(kin.member_id for kin in old.seldom.kin)):
            turn.sending.append((forgotten, Forgotten(forgotten)))
    elif member is not None and member.leads_on and member_id != moved.member_id:
        moved.into = member.leads_to
        turn.sending.append((moved.into, moved))
    elif member_id == moved.member_id:
        # While it was on its way, that to which it leads was to lead to it: neither does.
        table.touched[member_id] = old
        _tell_here(turn, member_id, old, moved.at)
    else:
        if member is not None and has_due(turn, member):
            member = fire_due(turn, member_id, member)
        _unite(turn, moved, member, old)
    turn.put_out()


def _unite(turn: Turn, moved: Moved, member: Member | None, old: Member) -> None:
    member_id, clock = moved.into, turn.clock
    at = moved.at
    member, new = turn.registered(member, moved.at_ms, at)
    turn.happened.append(Departed(moved.member_id, member_id, iso(at)))
    if turn.figures is not None:
        remember_counted(member, old, turn.rulebook)
    unite(member_id, member, moved.member_id, old, at, clock.now_us, moved.until_ms, turn.rulebook, turn.happened)
    if new:
        turn.keep_new(member_id, member, at)
    # What waited for its order may have waited for one of the old id's.
    for refund in take_held(turn, member_id, member):
        _send_held(turn, member_id, [], refund)
    if member.due != NEVER_MS:
        carry_again(member, turn.rulebook, clock.now_ms)


def delete(turn: Turn, member_id: str, member: Member, at: datetime, *, new: bool) -> None:
    """Forgets a member, and that the ids were his that lead to him. `new`: see `lead_to`."""
    if not new:
        _tell_left(turn, member_id, member, at)
    give_up_held(turn, member_id, member)
    for kin in member.seldom.kin:
        turn.sending.append((kin.member_id, Forgotten(kin.member_id)))
    turn.happened.append(Departed(member_id, None, iso(at)))
    turn.table.delete(member_id)


def take_forgotten(turn: Turn, forgotten: Forgotten) -> None:
    """The member that an id leads to was deleted."""
    member = turn.table.member(forgotten.member_id)
    if member is not None and member.leads_on:
        turn.happened.append(Departed(forgotten.member_id, None, iso(moment_us(turn.clock.now_us))))
        turn.table.delete(forgotten.member_id)
        turn.put_out()


def _send_held(turn: Turn, member_id: str, asked: list[str], refund: HeldRefund) -> None:
    """Has what waits for its order come again."""
    turn.sending.append((member_id, Led(member_id, refund.raw, refund.source, refund.received_ms, asked, Found())))


def _tell_left(turn: Turn, member_id: str, member: Member, at: datetime) -> None:
    for program, membership in _told(turn, member):
        level = shown(program, membership)
        turn.happened.append(LevelChange(membership.program, member_id, level, None, "left", None, iso(at)))


def _tell_here(turn: Turn, member_id: str, member: Member, at: datetime) -> None:
    for program, membership in _told(turn, member):
        turn.happened.append(registered_as_held(program, member_id, membership, iso(at)))


def _told(turn: Turn, member: Member) -> list[tuple[CompiledProgram | None, Membership]]:
    """The programs that he is in of which something is told, and his membership of each."""
    belongs = [
        (turn.rulebook.program_of(member, each.program, turn.clock.now_ms), each) for each in member.memberships if not each.left
    ]
    announced = turn.settings.announce_registrations
    return [(program, membership) for program, membership in belongs if announced or shown(program, membership) is not None]
