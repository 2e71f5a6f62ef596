"""From a raw line to a checked document with its defaults filled in (spec 1.1 to 1.3, 1.5 to 1.7)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from .currencies import CURRENT, WITHDRAWN
from .feeds import canonical
from .lines import amount_of, given_back, lines_of, sold
from .options import Options
from .times import DAY_US, to_us
from .values import (
    Refused,
    codes,
    date_of,
    flag,
    identifier,
    identifier_or_none,
    invalid,
    listed,
    moment,
    objects,
    time_or_none,
    whole,
)

Document = dict[str, Any]

CHANNELS = {"pos": "pos", "kiosk": "pos", "online": "online", "app": "online", "web": "online"}
SERVICE_TYPES = ("dine_in", "delivery", "self_pickup")
# What is looked at; all others are as good as money.
ASSETS = ("gift_card", "group_voucher", "prepaid_balance", "points")
CONFLUENT_BYTES = 5


def decode(raw: bytes, options: Options) -> Document | None:
    """The document in the shape of spec 1.1, 1.2 or 1.7; None for one that is passed over. Raises Refused."""
    if len(raw) > options.document_bytes_max:
        raise Refused("too_large", f"{len(raw)} bytes")
    text = raw[CONFLUENT_BYTES:] if raw[:1] == b"\0" else raw
    try:
        document = json.loads(text.decode("utf-8"), parse_constant=_no_constant, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Refused("undecodable", str(error)) from error
    if isinstance(document, dict) and {"schema", "payload"} <= document.keys():
        document = document["payload"]
    if not isinstance(document, dict):
        raise Refused("undecodable", "not an object")
    return canonical(document)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def check(
    raw_document: Document, clock_us: int, now_us: int, options: Options, more_currencies: frozenset[str] = frozenset()
) -> Document:
    """The document as the spec knows it: every known field with its default, times in µs. Adds `at` (its own time), `received`
    (spec 1.5) and `time` (the latest of both and the clock). Raises Refused.
    """
    kinds = {"purchase": _purchase, "refund": _refund, "member": _member}
    kind = raw_document.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        raise invalid("unknown type")
    document = kinds[kind](raw_document, options)
    if document.get("currency") is not None and document["currency"] not in CURRENT | WITHDRAWN | more_currencies:
        raise invalid("unknown currency")
    received_at = time_or_none(raw_document, "received_at")
    at = document["at"]
    if at is None:  # a member document without registered_at
        at = clock_us if received_at is None else received_at
    received = max(clock_us, at) if received_at is None else received_at
    if received > now_us + DAY_US:
        raise invalid("received more than a day after now")
    if at > received + DAY_US:
        raise invalid("more than a day after it was received")
    return document | {"at": at, "received": received, "time": max(clock_us, at, received)}


def _purchase(raw: Document, options: Options) -> Document:
    lines = lines_of(raw, options)
    if any(line["quantity"] < 0 and line["amount"] > 0 for line in lines):
        raise invalid("goods given back for which was paid")
    total = _total(raw, lines)
    assets = _assets(raw)
    if sum(assets.values()) > max(0, total):
        raise invalid("more was paid with gift cards and the like than the total")
    service_type = raw.get("service_type")
    return {
        "type": "purchase",
        "order_id": identifier(raw, "order_id"),
        **_sale(raw),
        **_moment(raw, "placed_at"),
        "service_type": service_type if service_type in SERVICE_TYPES else None,
        "as_sent": lines,
        "lines": sold(lines),
        "given_back": given_back(lines),
        "assets": assets,
        "coupons": codes(raw, "coupons"),
        "promotions": codes(raw, "promotions"),
        "member_price": flag(raw, "member_price"),
        "member_discount": flag(raw, "member_discount"),
        "imported": flag(raw, "imported"),
    }


def _refund(raw: Document, options: Options) -> Document:
    lines = lines_of(raw, options)
    if any(line["quantity"] < 0 or line["amount"] < 0 for line in lines):
        raise invalid("a refund's figures are positive")
    _total(raw, lines)
    return {
        "type": "refund",
        "refund_id": identifier(raw, "refund_id"),
        "order_id": identifier_or_none(raw, "order_id"),
        **_sale(raw),
        **_moment(raw, "refunded_at"),
        "as_sent": lines,
        "lines": lines,
    }


def _member(raw: Document, options: Options) -> Document:
    programs: dict[str, int | None] | None = None
    if raw.get("programs") is not None:
        programs = {}
        for entry in listed(raw, "programs"):
            if isinstance(entry, dict):
                programs[identifier(entry, "program")] = time_or_none(entry, "since")
            elif isinstance(entry, str) and entry:
                programs[entry] = None
            else:
                raise invalid("a program is neither a code nor an object")
    registered_at = time_or_none(raw, "registered_at")
    return {"type": "member", "member_id": identifier(raw, "member_id"), "programs": programs, "at": registered_at}


def _sale(raw: Document) -> Document:
    """What a purchase and a refund have in common."""
    channel, currency = raw.get("channel"), raw.get("currency")
    if not isinstance(channel, str) or channel not in CHANNELS or not isinstance(currency, str) or not currency:
        raise invalid("channel or currency")
    return {
        "channel": CHANNELS[channel],
        "store_id": identifier(raw, "store_id"),
        "member_id": identifier_or_none(raw, "member_id"),
        "currency": currency,
        "terminal_id": identifier_or_none(raw, "terminal_id"),
        "receipt_no": identifier_or_none(raw, "receipt_no"),
        "business_date": date_of(identifier_or_none(raw, "business_date") or "") or None,
    }


def _total(raw: Document, lines: list[Document]) -> int:
    parts = [whole(raw, "fees", 0, 0), whole(raw, "tax", 0, 0), whole(raw, "rounding", 0)]
    made = amount_of(lines) + sum(part or 0 for part in parts)
    total = whole(raw, "total", made)
    if total != made:
        raise invalid("total is not lines, fees, tax and rounding")
    return made


def _assets(raw: Document) -> dict[str, int]:
    """What was paid otherwise than with money, by method."""
    paid: dict[str, int] = {}
    for payment in objects(raw, "payments"):
        method = payment.get("method")
        if method in ASSETS:
            amount = whole(payment, "amount", None, 0)
            if amount is None:
                raise invalid(f"{method} without an amount")
            if amount:
                paid[method] = paid.get(method, 0) + amount
    return paid


def _moment(raw: Document, name: str) -> Document:
    at = moment(raw, name)
    return {"at": to_us(at), "at_text": at.isoformat()}
