"""Members who are merged or deleted (spec 1.7): what goes on to whom, and what comes of what is sent for them later."""

from __future__ import annotations

from typing import Any

from ..qualifying import in_dates
from ..values import Refused
from .clock import advance
from .counting import is_running
from .grants import give_owed
from .levels import judge
from .orders import REFUND_US, apply_to_order
from .releases import try_again
from .segments import Member
from .state import State

Document = dict[str, Any]


def take_of_deleted(state: State, document: Document, raw: Document, now: int) -> None:
    own_id = raw["sent"]["member_id"], document["order_id" if raw["type"] == "purchase" else "refund_id"]
    known = [each for each in state.taken[raw["type"]] if each["under"] == own_id]
    if known:
        if known[0]["content"] != document["content"]:
            raise Refused("conflict", "another")
        return
    if raw["type"] == "refund" and document["order_id"] is not None:
        raise Refused("no_member", "nobody's")
    advance(state, now)


def delete(state: State, member_id: str, into: str | None = None) -> None:
    """`into`: an id that was deleted, to which all that he had goes on."""
    state.deleted.add(member_id)
    state.members.pop(member_id, None)
    state.parked.pop(member_id, None)
    for grant in state.played.grants.values():
        grant.dropped |= grant.owner == member_id
    for (owner, order_id), refunds in list(state.held_refunds.items()):
        if owner == member_id:
            del state.held_refunds[(owner, order_id)]
            for refund in refunds:
                known = [each for each in state.taken["refund"] if each["under"] == (into, refund["refund_id"])]
                refund["under"] = None
                if not known:
                    state.played.dead_letters.append(("unknown_order" if into is None else "no_member", refund["raw"]))
                elif known[0]["content"] != refund["content"]:
                    state.played.dead_letters.append(("conflict", refund["raw"]))


def merge(state: State, old: Member, new: Member) -> None:
    del state.members[old.id]
    state.leads_to[old.id] = new.id
    for code, member_id in [where for where in state.sums if where[1] == old.id]:
        state.sums[(code, new.id)].update(state.sums.pop((code, member_id)))
    for counter in (state.ordinals, state.owed):
        for code, member_id in [where for where in counter if where[1] == old.id]:
            counter[(code, new.id)] += counter.pop((code, member_id))
    for member_id, name in [where for where in state.gains if where[0] == old.id]:
        state.gains[(new.id, name)] = max(state.gains[(new.id, name)], state.gains.pop((member_id, name)))
    state.fired |= {(code, new.id, rest) for code, member_id, rest in state.fired if member_id == old.id}
    state.tests |= {(new.id, test_id) for member_id, test_id in state.tests if member_id == old.id}
    state.performance.known[new.id] |= state.performance.known[old.id]
    waiting = [*_held_of(state, old.id), *_held_of(state, new.id)]
    for known in (state.orders, state.refunds):
        for member_id, own_id in [key for key in known if key[0] == old.id]:
            known.setdefault((new.id, own_id), known.pop((member_id, own_id)))
    for grant in state.played.grants.values():
        if grant.owner == old.id:
            grant.owner = new.id
            for gift in grant.gifts:
                if gift.claimed is None:
                    gift.holder = new.id
    state.parked[new.id] += state.parked.pop(old.id, [])
    new.purchases += old.purchases
    new.channels |= old.channels
    new.last_order_us = max((each for each in (old.last_order_us, new.last_order_us) if each is not None), default=None)
    for code, spent_ in old.spent.items():
        new.spent[code] = new.spent.get(code, 0) + spent_
    for code, since in old.programs.items():
        if code not in new.programs:
            new.programs[code], new.level[code] = since, old.level.get(code)
        else:
            since_ = new.programs[code]
            new.programs[code] = None if since is None or since_ is None else min(since, since_)
    for code in new.programs:
        judge(state, new, code, {"at": state.clock})
    _give_by_merge(state, new)
    taken = {refund_id: refund for (member_id, refund_id), refund in state.refunds.items() if member_id == new.id}
    _apply_what_was_held(state, waiting, new, taken)
    try_again(state, new)


def _give_by_merge(state: State, member: Member) -> None:
    for chain in state.definitions.of("activity"):
        version = chain.at(state.clock)
        if version is None or version.document["type"] != "cumulative_spend" or not is_running(version):
            continue
        activity = state.definitions.prepared(version.document)
        if not in_dates(activity, state.clock) or not any(state.sums[(chain.code, member.id)]):
            continue
        programs = [code for code, since in member.programs.items() if since is None or since <= state.clock]
        if activity["programs"] is None or set(activity["programs"]) & set(programs):
            give_owed(state, version, activity, member, {"order_id": None, "at": state.clock})


def _apply_what_was_held(state: State, waiting: list[Document], member: Member, known: dict[str, Document]) -> None:
    """Refunds that waited for one of the two: once each, where both had one. `known`: those of either that did not wait."""
    for refund in waiting:
        refund["member_id"] = member.id
        first = known.setdefault(refund["refund_id"], refund)
        if first is not refund:
            if first["content"] != refund["content"]:
                state.played.dead_letters.append(("conflict", refund["raw"]))
            continue
        state.refunds[(member.id, refund["refund_id"])] = refund
        order = (member.id, refund["order_id"])
        if order not in state.orders:
            state.held_refunds[order].append(refund)
            continue
        try:
            if refund["received"] - state.orders[order]["came"] > REFUND_US:
                raise Refused("unknown_order", "too long ago")
            apply_to_order(state, member, refund, state.orders[order])
        except Refused as refused:
            del state.refunds[(member.id, refund["refund_id"])]
            state.played.dead_letters.append((refused.reason, refund["raw"]))


def _held_of(state: State, member_id: str) -> list[Document]:
    """Takes out what waits of a member."""
    keys = [key for key in state.held_refunds if key[0] == member_id]
    held = [refund for key in keys for refund in state.held_refunds.pop(key)]
    for refund in held:
        state.refunds.pop((member_id, refund["refund_id"]), None)
    return held
