"""Grants as they are made or refused (spec 2.4, 2.10)."""

from __future__ import annotations

import heapq
from typing import Any

from .counting import earned
from .gifts import Gift, Grant
from .life import Version
from .releases import tell_released
from .segments import Member
from .state import State

Document = dict[str, Any]


def give_owed(state: State, version: Version, activity: Document, member: Member, order: Document) -> None:
    where = (activity["code"], member.id)
    if activity["every"]:
        reached = earned(state, *where)
    else:
        total = max(0, sum(state.sums[where].values()))
        reached = sum(1 for threshold, _ in activity["steps"] if total >= threshold)
    while state.ordinals[where] < reached:
        state.ordinals[where] += 1
        ordinal = state.ordinals[where]
        needs, gifts = activity["steps"][0 if activity["every"] else ordinal - 1]
        more = {"ordinal": ordinal, "order_id": order["order_id"], "needs": None if activity["every"] else needs}
        give(state, make(state, version, member, str(ordinal), order["at"], gifts, **more), version.document, state.clock)


def make(state: State, version: Version, member: Member, rest: str, occurred: int, gifts: list[Document], **more: Any) -> Grant:
    code = version.document["code"]
    return Grant(
        f"{code}/{_escaped(member.id)}/{rest}", code, member.id, version.number, occurred, [Gift(gift) for gift in gifts],
        state.zone(version.document), version.document.get("notify") or {}, **more,
    )  # fmt: skip


def give(state: State, grant: Grant, activity: Document, now: int) -> None:
    where = (grant.activity, grant.member_id)
    limits = activity.get("limits") or {}
    currency = state.currency(activity)
    worth = 0
    for gift in grant.gifts:
        if gift.is_coupon:
            coupon = state.coupon(gift.document["coupon"], grant.occurred)
            worth += coupon["value"] * gift.quantity
            assert "budget" not in limits or coupon["currency"] == currency
    if grant.test is None:
        state.owed[where] += 1
        if "per_member" in limits and state.owed[where] > limits["per_member"]:
            grant.refused = "per_member"
        elif "total" in limits and state.made[grant.activity] >= limits["total"]:
            grant.refused = "total"
        elif "budget" in limits and worth > max(0, limits["budget"] - state.worth[grant.activity]):
            grant.refused = "budget"
        if grant.refused is not None:
            state.played.refused[grant.grant_id] = grant
            state.performance.refused[(grant.activity, grant.refused)] += 1
            return
        if grant.level is not None or grant.run is not None:
            state.performance.member(grant.activity, grant.member_id)
        state.made[grant.activity] += 1
        state.worth[grant.activity] += worth
    assert grant.grant_id not in state.played.grants
    state.played.grants[grant.grant_id] = grant
    at_once = [gift for gift in grant.gifts if grant.test is not None or gift.document.get("release", "instant") == "instant"]
    moment = max(grant.occurred, now)
    for gift in at_once:
        gift.release(moment, grant.zone)
    if at_once:
        tell_released(state, grant, at_once, moment)
    for gift in grant.gifts:
        if gift not in at_once:
            heapq.heappush(state.tries, (gift.first_try(moment, grant.zone), next(state.serial), grant, gift))


def _escaped(member_id: str) -> str:
    return member_id.replace("%", "%25").replace("/", "%2F")
