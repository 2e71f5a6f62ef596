"""When gifts are released, while the ground of their grant stands (spec 2.6)."""

from __future__ import annotations

import heapq

from .counting import earned
from .gifts import Gift, Grant
from .segments import Member
from .state import State


def release_all_due(state: State, at_us: int) -> None:
    released: dict[str, tuple[Grant, list[Gift]]] = {}
    while state.tries and state.tries[0][0] == at_us:
        _, _, grant, gift = heapq.heappop(state.tries)
        if grant.dropped:
            continue
        if _ground_stands(state, grant):
            gift.release(at_us, grant.zone)
            released.setdefault(grant.grant_id, (grant, []))[1].append(gift)
        else:
            state.parked[grant.owner].append((grant, gift))
    for grant, gifts in released.values():
        tell_released(state, grant, gifts, at_us)


def try_again(state: State, member: Member) -> None:
    """What could not be released because of its ground is looked at again at the next hour or midnight."""
    for grant, gift in state.parked.pop(member.id, []):
        heapq.heappush(state.tries, (gift.first_try(state.clock, grant.zone), next(state.serial), grant, gift))


def tell_released(state: State, grant: Grant, gifts: list[Gift], at_us: int) -> None:
    switch = state.definitions.document("message_centre", "message-centre", at_us) or {}
    member = state.members[grant.owner]
    if not any(gift.is_coupon for gift in gifts) or not switch.get("coupon_arrival", False):
        return
    if member.profile.get("consents", {}).get("mini_program", True) is False:
        return
    users = member.profile.get("mini_programs", {})
    for mini_program in grant.notify.get("mini_programs", []):
        if mini_program in users:
            state.played.notifications.append(
                {"grant_id": grant.grant_id, "member_id": member.id, "mini_program": mini_program, "user": users[mini_program],
                 "message": grant.notify.get("message"), "at": at_us}
            )  # fmt: skip


def _ground_stands(state: State, grant: Grant) -> bool:
    if grant.run is not None or grant.test is not None:
        return True
    member = state.members[grant.owner]
    if grant.level is not None:
        program, level = grant.level.split("/")
        ladder = [code for code, _ in (state.program(program) or {"ladder": []})["ladder"]]
        held = member.level.get(program)
        return held in ladder and level in ladder and ladder.index(held) >= ladder.index(level)
    where = (grant.activity, member.id)
    if grant.needs is not None:
        return max(0, sum(state.sums[where].values())) >= grant.needs
    assert grant.ordinal is not None
    return earned(state, *where) >= grant.ordinal
