"""From a raw line to a checked document with its defaults filled in (spec 1.1, 1.2, 1.6, 1.7)."""

from __future__ import annotations

import json
from typing import Any

import iso4217

from .options import Options
from .times import DAY_MS, parse, to_ms

Document = dict[str, Any]

# In use, or withdrawn in the last ten years.
CURRENCIES = {*iso4217.raw_table, "BYR", "MRO", "STD", "VEF", "CUC", "HRK", "SLL", "ZWL", "ANG", "BGN"} - {None}
CHANNELS = ("pos", "online")
SERVICE_TYPES = ("dine_in", "delivery", "self_pickup")
METHODS = ("card", "cash", "gift_card", "group_voucher", "prepaid_balance", "points", "other")


class Refused(Exception):
    """The document goes to the dead letters; `reason` is one of the codes of spec 1.6."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(f"{reason}: {why}")
        self.reason = reason


def decode(raw: bytes, options: Options) -> Document:
    if len(raw) > options.document_bytes_max:
        raise Refused("too_large", f"{len(raw)} bytes")
    try:
        document = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused("undecodable", str(error)) from error
    if not isinstance(document, dict):
        raise Refused("undecodable", "not an object")
    return document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def check(raw_document: Document, clock_ms: int, options: Options) -> Document:
    """The document as the spec knows it: every known field with its default, times in ms. Adds `at` (its own
    time), `received` (spec 1.5) and `time` (the later of both and the clock). Raises Refused.
    """
    kinds = {"purchase": _purchase, "refund": _refund, "member": _member}
    kind = raw_document.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        raise Refused("invalid", "unknown type")
    document = kinds[kind](raw_document, options)
    received_at = _time_or_none(raw_document, "received_at")
    at = document["at"]
    if at is None:  # a member document without registered_at
        at = clock_ms if received_at is None else received_at
    received = max(clock_ms, at) if received_at is None else received_at
    if at > received + DAY_MS:
        raise Refused("invalid", "more than a day after it was received")
    return document | {"at": at, "received": received, "time": max(clock_ms, at, received)}


def _purchase(raw: Document, options: Options) -> Document:
    document = {
        "type": "purchase",
        "order_id": _text(raw, "order_id"),
        **_sale(raw, options, quantity_min=1),
        **_moment(raw, "placed_at"),
        "service_type": _one_of(raw, "service_type", SERVICE_TYPES),
        "payments": [_payment(payment) for payment in _list(raw, "payments")],
        "coupons": [_nonempty(code) for code in _list(raw, "coupons")],
        "promotions": [_nonempty(code) for code in _list(raw, "promotions")],
        "member_price": _flag(raw, "member_price"),
        "member_discount": _flag(raw, "member_discount"),
        "imported": _flag(raw, "imported"),
    }
    payments = document["payments"]
    if payments and sum(payment["amount"] for payment in payments) != document["total"]:
        raise Refused("invalid", "payments do not add up to total")
    return document


def _refund(raw: Document, options: Options) -> Document:
    return {
        "type": "refund",
        "refund_id": _text(raw, "refund_id"),
        "order_id": _text_or_none(raw, "order_id"),
        **_sale(raw, options, quantity_min=0),
        **_moment(raw, "refunded_at"),
    }


def _member(raw: Document, options: Options) -> Document:
    programs: dict[str, int | None] | None = None
    if raw.get("programs") is not None:
        programs = {}
        for entry in _list(raw, "programs"):
            if isinstance(entry, dict):
                programs[_text(entry, "program")] = _time_or_none(entry, "since")
            else:
                programs[_nonempty(entry)] = None
    registered_at = _time_or_none(raw, "registered_at")
    return {"type": "member", "member_id": _text(raw, "member_id"), "programs": programs, "at": registered_at}


def _sale(raw: Document, options: Options, quantity_min: int) -> Document:
    """What a purchase and a refund have in common."""
    channel = _one_of(raw, "channel", CHANNELS)
    currency = _text(raw, "currency")
    entries = _list(raw, "lines")
    if channel is None or currency not in CURRENCIES or not 1 <= len(entries) <= options.lines_max:
        raise Refused("invalid", "channel, currency or number of lines")
    lines = [_line(entry, quantity_min) for entry in entries]
    fees = 0 if raw.get("fees") is None else _integer(raw, "fees", 0)
    total = _integer(raw, "total", 0)
    if total != fees + sum(line["amount"] for line in lines):
        raise Refused("invalid", "total is not lines and fees")
    return {
        "channel": channel,
        "store_id": _text(raw, "store_id"),
        "member_id": _text_or_none(raw, "member_id"),
        "currency": currency,
        "lines": lines,
        "fees": fees,
        "total": total,
        "terminal_id": _text_or_none(raw, "terminal_id"),
        "receipt_no": _text_or_none(raw, "receipt_no"),
        "business_date": _text_or_none(raw, "business_date"),
    }


def _moment(raw: Document, name: str) -> Document:
    try:
        moment = parse(raw.get(name))
    except ValueError as error:
        raise Refused("invalid", f"{name}: {error}") from error
    return {"at": to_ms(moment), "at_text": moment.isoformat()}


def _line(entry: Any, quantity_min: int) -> Document:
    if not isinstance(entry, dict):
        raise Refused("invalid", "a line is not an object")
    return {
        "sku": _text(entry, "sku"),
        "quantity": _integer(entry, "quantity", quantity_min),
        "amount": _integer(entry, "amount", 0),
    }


def _payment(entry: Any) -> Document:
    if not isinstance(entry, dict):
        raise Refused("invalid", "a payment is not an object")
    method = _one_of(entry, "method", METHODS)
    if method is None:
        raise Refused("invalid", "a payment without a method")
    return {"method": method, "amount": _integer(entry, "amount", 0)}


def _nonempty(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Refused("invalid", "not a non-empty string")
    return value


def _text(raw: Document, name: str) -> str:
    return _nonempty(raw.get(name))


def _text_or_none(raw: Document, name: str) -> str | None:
    return None if raw.get(name) is None else _text(raw, name)


def _integer(raw: Document, name: str, least: int) -> int:
    value = raw.get(name)
    if type(value) is not int or value < least:  # bool is an int to isinstance
        raise Refused("invalid", f"{name} is not an integer of {least} or more")
    return value


def _flag(raw: Document, name: str) -> bool:
    value = raw.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refused("invalid", f"{name} is not true or false")
    return bool(value)


def _one_of(raw: Document, name: str, allowed: tuple[str, ...]) -> str | None:
    value = raw.get(name)
    if value is not None and (not isinstance(value, str) or value not in allowed):
        raise Refused("invalid", f"{name} is not one of {allowed}")
    return value


def _list(raw: Document, name: str) -> list[Any]:
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused("invalid", f"{name} is not a list")
    return value


def _time_or_none(raw: Document, name: str) -> int | None:
    if raw.get(name) is None:
        return None
    try:
        return to_ms(parse(raw[name]))
    except ValueError as error:
        raise Refused("invalid", f"{name}: {error}") from error
