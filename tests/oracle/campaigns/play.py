"""A file's lines in turn: what is due before each, and what it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..times import DAY_US, midnight_after, parse, to_us
from ..values import Refused
from .claims import take_claim, take_test_send
from .clock import LATE_US, advance
from .life import EVER
from .members import take_profile
from .merging import take_of_deleted
from .orders import read, take_purchase, take_refund
from .state import Played, State

Document = dict[str, Any]
TIME_FIELDS = {
    "purchase": "placed_at",
    "refund": "refunded_at",
    "claim": "claimed_at",
    "test_send": "sent_at",
    "change": "saved_at",
}


def play(documents: Iterable[Document], definitions: list[Document]) -> Played:
    state = State(definitions)
    for document in documents:
        _take_or_refuse(state, document)
    return _finish(state)


def _take_or_refuse(state: State, raw: Document) -> None:
    try:
        _take(state, raw)
    except Refused as refused:
        state.played.dead_letters.append((refused.reason, raw))


def _take(state: State, sent: Document) -> None:
    raw = sent
    if sent.get("member_id") is not None:
        raw = sent | {"member_id": state.resolved(sent["member_id"]), "sent": sent}
    if raw["type"] == "member":
        take_profile(state, raw)
        return
    at_us = to_us(parse(raw[TIME_FIELDS[raw["type"]]]))
    received = to_us(parse(raw["received_at"])) if "received_at" in raw else max(state.clock, at_us)
    if at_us > received + DAY_US:
        raise Refused("invalid", "ahead")
    if received - at_us > LATE_US and not raw.get("imported", False):
        raise Refused("late", "late")
    now = max(at_us, received)
    match raw["type"]:
        case "change":
            advance(state, now)
            state.definitions.change(raw, max(at_us, state.clock))
            state.next_starts.clear()
        case "claim":
            advance(state, now)
            take_claim(state, raw, at_us)
        case "test_send":
            advance(state, now)
            take_test_send(state, raw, at_us)
        case "purchase" | "refund" if raw["member_id"] in state.deleted:
            take_of_deleted(state, read(raw, at_us, received), raw, now)
        case "purchase":
            take_purchase(state, read(raw, at_us, received), now)
        case "refund":
            take_refund(state, read(raw, at_us, received), now)


def _finish(state: State) -> Played:
    if state.clock != EVER:
        default = state.definitions.document("program", state.default() or "", state.clock)
        zone = (default or {}).get("timezone", "UTC")
        advance(state, midnight_after(state.clock // 1000, zone) * 1000)
    played = state.played
    for member in state.members.values():
        for program in member.programs:
            if state.program(program) is not None:
                played.levels[(program, member.id)] = member.level.get(program)
    played.performance = [
        state.performance.row(chain.code, [g for g in played.grants.values() if g.activity == chain.code], state.coupon)
        for chain in state.definitions.of("activity")
    ]
    return played
