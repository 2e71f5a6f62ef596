"""Orders and their refunds (spec 1.3 to 1.5)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..lines import given_back, sold
from ..orders import counts_for_program, give_back, given_in_scope, new_record, spent, spent_now
from ..times import DAY_US
from ..values import Refused
from .clock import advance
from .counting import counted, money
from .grants import give_owed
from .levels import judge, registered
from .releases import try_again
from .segments import Member
from .state import State

Document = dict[str, Any]

REFUND_US = 180 * DAY_US
NOT_USED: Document = {
    "service_type": None,
    "assets": {},
    "coupons": [],
    "promotions": [],
    "member_price": False,
    "member_discount": False,
}
ASSETS = ("gift_card", "group_voucher", "prepaid_balance", "points")


def take_purchase(state: State, order: Document, now: int) -> None:
    if order["member_id"] is None:
        advance(state, now)
        return
    key = (order["member_id"], order["order_id"])
    if key in state.orders:
        if state.orders[key]["content"] != order["content"]:
            raise Refused("conflict", "another order")
        return
    advance(state, now)
    member = registered(state, order["member_id"], order["at"])
    record = new_record(order) | {"content": order["content"], "came": order["received"], "counted": [], "under": key}
    state.orders[key] = record
    state.taken["purchase"].append(record)
    member.purchases += 1
    member.last_order_us = max(member.last_order_us or order["at"], order["at"])
    member.channels.add(order["channel"])
    if not order["imported"]:
        record["used"] = _used_coupons(state, member, order)
    for version, activity, adds in counted(state, member, order):
        record["counted"].append((version.number, activity))
        state.sums[(activity["code"], member.id)][version.number] += adds
        state.performance.order(activity["code"], member.id, money(activity, order["lines"]))
        give_owed(state, version, activity, member, order)
    for code in member.programs:
        program = state.program(code)
        if program is not None and counts_for_program(program, order, member.programs):
            record["programs"].append(code)
            member.spent[code] = member.spent.get(code, 0) + spent(order)
    for code in member.programs:
        judge(state, member, code, order)
    if order["given_back"] and not order["imported"]:
        _apply_on_its_own(state, member, order | NOT_USED | {"lines": order["given_back"]})
    for refund in state.held_refunds.pop(key, []):
        try:
            apply_to_order(state, member, refund, record)
        except Refused as refused:
            del state.refunds[(member.id, refund["refund_id"])]
            state.played.dead_letters.append((refused.reason, refund["raw"]))
    try_again(state, member)


def _used_coupons(state: State, member: Member, order: Document) -> list[str]:
    """The activities that it counts in by that."""
    found = []
    for chain in state.definitions.of("activity"):
        document = chain.versions[-1].document
        if document["type"] == "cumulative_spend" or order["currency"] != state.currency(document):
            continue
        claims = [
            gift.claimed
            for grant in state.played.grants.values()
            if grant.activity == chain.code and grant.owner == member.id and grant.test is None
            for gift in grant.gifts
            if gift.is_coupon and gift.document["coupon"] in order["coupons"] and gift.claimed is not None
        ]
        if claims and min(claims) <= order["at"]:
            state.performance.order(chain.code, None, sum(line["amount"] for line in order["lines"]))
            found.append(chain.code)
    return found


def take_refund(state: State, refund: Document, now: int) -> None:
    if refund["member_id"] is None:
        if refund["order_id"] is not None:
            raise Refused("no_member", "no member")
        advance(state, now)
        return
    key = (refund["member_id"], refund["refund_id"])
    if key in state.refunds:
        if state.refunds[key]["content"] != refund["content"]:
            raise Refused("conflict", "another refund")
        return
    refund["under"] = key
    if refund["order_id"] is None:
        advance(state, now)
        state.refunds[key] = refund
        state.taken["refund"].append(refund)
        member = registered(state, refund["member_id"], refund["at"])
        _apply_on_its_own(state, member, refund | NOT_USED)
        return
    order = (refund["member_id"], refund["order_id"])
    if order not in state.orders:
        advance(state, now)
        state.refunds[key] = refund
        state.taken["refund"].append(refund)
        state.held_refunds[order].append(refund)
        return
    record = state.orders[order]
    if refund["received"] - record["came"] > REFUND_US:
        raise Refused("unknown_order", "too long ago")
    advance(state, now)
    state.refunds[key] = refund
    state.taken["refund"].append(refund)
    member = state.members[refund["member_id"]]
    apply_to_order(state, member, refund, record)
    try_again(state, member)


def _apply_on_its_own(state: State, member: Member, refund: Document) -> None:
    for version, activity, adds in counted(state, member, refund):
        state.sums[(activity["code"], member.id)][version.number] -= adds
        state.performance.refunded[activity["code"]] += money(activity, refund["lines"])
    for code in member.programs:
        program = state.program(code)
        if program is not None and counts_for_program(program, refund, member.programs):
            member.spent[code] = member.spent.get(code, 0) - sum(line["amount"] for line in refund["lines"])
        judge(state, member, code, refund)
    try_again(state, member)


def apply_to_order(state: State, member: Member, refund: Document, record: Document) -> None:
    before = spent_now(record)
    given = give_back(record, refund["lines"])
    for number, activity in record["counted"]:
        state.sums[(activity["code"], member.id)][number] -= given_in_scope(activity, given)
        state.performance.refunded[activity["code"]] += given_in_scope({**activity, "measure": "amount"}, given)
    for code in record.get("used", ()):
        state.performance.refunded[code] += sum(int(what["amount"]) for what in given.values())
    for code in record["programs"]:
        member.spent[code] += spent_now(record) - before
    for code in member.programs:
        judge(state, member, code, refund)


def read(raw: Document, at_us: int, received: int) -> Document:
    lines = [line | {"quantity": round(float(line["quantity"]) * 1000)} for line in raw["lines"]]
    paid = Counter[str]()
    for payment in raw.get("payments", []):
        if payment["method"] in ASSETS and payment["amount"]:
            paid[payment["method"]] += payment["amount"]
    return {
        **{name: raw.get(name) for name in ("order_id", "refund_id", "member_id", "store_id", "channel", "service_type", "currency")},
        "coupons": raw.get("coupons", []), "promotions": raw.get("promotions", []), "imported": raw.get("imported", False),
        "member_price": raw.get("member_price", False), "member_discount": raw.get("member_discount", False),
        "lines": sold(lines) if raw["type"] == "purchase" else lines, "given_back": given_back(lines),
        "assets": dict(paid), "at": at_us, "received": received, "raw": raw.get("sent", raw),
        "content": {name: value for name, value in raw.items() if name not in ("received_at", "total", "member_id", "sent")}
        | {"lines": lines},
    }  # fmt: skip
