"""What is limited by a total or a budget, of what happened in a turn: the keeper of its activity decides (spec 2.10).

He is asked by a record for his partition (agents/fold/limited.py); in a replay, where all partitions are at hand, at once, so that what
a line owes is decided before the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from rules.gifts.making import make_decided
from rules.happened import Asked, Grant, Happened
from rules.limits.keeper import KeptLimit, make, refused_by
from rules.limits.refusing import refuse
from rules.limits.worth import worth
from rules.merging.gifts import take_gifts
from rules.merging.kin import as_he_was
from rules.times import told_us
from streams.limited import encode_limited, keeper_of
from streams.routing import partition_of
from tables.keeping import Keeping

if TYPE_CHECKING:
    from agents.turns.turn import Turn


def ask_keepers(turn: Turn) -> None:
    """Takes what keepers decide out of what happened in the turn, and asks them."""
    told: list[Happened] = []
    for each in turn.happened:
        if type(each) is not Asked:
            told.append(each)
            continue
        activity = each.grant.activity
        assert activity is not None, "only an activity's grants are limited"
        partitions = turn.settings.partitions
        each.later = activity in turn.rulebook.limited_later
        if each.later and partition_of(each.grant.member_id, partitions) == turn.table.partition:
            # The decision comes here.
            turn.asked.append(activity)
        turn.outputs.put(keeper_of(activity, partitions), each.grant.grant_id, activity, encode_limited(each))
    turn.happened[:] = told


def decide_at_hand(turn: Turn, keeping: Keeping) -> None:
    """Decides at once, each in its place, and counts what has no limit: it may come to have one."""
    happened, turn.happened = turn.happened, []
    for each in happened:
        if type(each) is Asked:
            now_us = each.now_ms * 1000 + each.finer_us
            take_decision(turn, each.grant.member_id, each.grant, decide(keeping, each), now_us)
            continue
        if type(each) is Grant and each.activity is not None and each.test is UNSET:
            make(keeping.of(each.activity), worth(each.gifts, told_us(each.occurred_at), turn.rulebook.coupons))
        turn.happened.append(each)


def decide(keeping: Keeping, asked: Asked) -> KeptLimit | None:
    """By what a grant is refused; None: it is made, and the keeper knows it."""
    activity = asked.grant.activity
    assert activity is not None, "only an activity's grants are limited"
    kept = keeping.of(activity)
    limit = refused_by(kept, asked.total, asked.budget, asked.worth)
    if limit is None:
        make(kept, asked.worth)
    return limit


def take_decision(turn: Turn, member_id: str, grant: Grant, limit: KeptLimit | None, now_us: int) -> None:
    """What comes of a decision at the member, who was owed the grant at that time by the clock (epoch us), or an id that leads to him."""
    member = turn.table.member(member_id)
    if member is None:
        raise LookupError(f"the member of grant {grant.grant_id} is not known here")
    if member_id != grant.member_id:
        old = as_he_was(member, grant.member_id)
        if limit is None:
            make_decided(old, grant, now_us, turn.rulebook, turn.happened)
            take_gifts(member_id, member, grant.member_id, old, turn.rulebook, turn.happened)
        else:
            refuse(old, grant, limit, turn.rulebook, turn.happened)
    elif limit is None:
        make_decided(member, grant, now_us, turn.rulebook, turn.happened)
    else:
        refuse(member, grant, limit, turn.rulebook, turn.happened)
