"""The tills' own shape: a receipt with tenders (spec 1.3)."""

from __future__ import annotations

from collections.abc import Mapping

from rules.documents.tolerant.fields import shown
from rules.documents.tolerant.numbers import whole
from rules.documents.validity import InvalidDocument
from streams.feeds.feed import AsSent, Feed, PassedOver
from streams.feeds.fields import each_renamed, flag, given, renamed, translated
from streams.feeds.receipt_ids import named_order, own_parts, receipt_id

METHODS = {
    "CARD": "card",
    "CASH": "cash",
    "GIFT_CARD": "gift_card",
    "VOUCHER": "group_voucher",
    "BALANCE": "prepaid_balance",
    "POINTS": "points",
    "OTHER": "other",
}
_SERVICE = {"EAT_IN": "dine_in", "TAKE_AWAY": "self_pickup", "DELIVERY": "delivery"}
# Kinds of receipts that are passed over, and why; each is a flag as well.
_NOTHING = {"VOID": "voided", "TRAINING": "training"}
_LINE = {"plu": "sku", "qty": "quantity", "net": "amount"}
_TENDER = {"kind": "method", "amount": "amount"}
# Of sales and returns, by what a receipt calls it.
_BOTH = {
    "store": "store_id",
    "till": "terminal_id",
    "number": "receipt_no",
    "business_date": "business_date",
    "loyalty_card": "member_id",
    "currency": "currency",
    "tip": "fees",
    "tax": "tax",
    "rounding": "rounding",
    "sum": "total",
    "received_at": "received_at",
}
_SALE = _BOTH | {
    "closed_at": "placed_at",
    "change": "change",
    "vouchers": "coupons",
    "promotions": "promotions",
    "member_price": "member_price",
    "member_discount": "member_discount",
    "imported": "imported",
}
_RETURN = _BOTH | {"closed_at": "refunded_at"}


def _called(names: Mapping[str, str]) -> dict[str, str]:
    """What the fields of a document of ours are called in a receipt."""
    lines = {f"lines/{ours}": theirs for theirs, ours in _LINE.items()}
    return {ours: theirs for theirs, ours in names.items()} | lines | {"lines": "items"}


_SALE_CALLED = _called(_SALE) | {
    "order_id": "number",
    "service_type": "service",
    "payments": "tenders",
    "payments/method": "kind",
}
_RETURN_CALLED = _called(_RETURN) | {"refund_id": "number", "order_id": "returns"}


def _read(receipt: Mapping[str, object]) -> AsSent:
    """A sale or a return. What is voided or of training is passed over before anything else is looked at."""
    kind = receipt.get("kind")
    if isinstance(kind, str) and kind in _NOTHING:
        raise PassedOver(_NOTHING[kind])
    for why in _NOTHING.values():
        if flag(receipt, why, ""):
            raise PassedOver(why)
    if kind not in ("SALE", "RETURN"):
        came = "it is missing" if kind is None else f"got {shown(kind)}"
        raise InvalidDocument("/kind", f"expected SALE, RETURN, VOID or TRAINING; {came}")
    lines, places = _lines(receipt.get("items"))
    if places == [] and (receipt.get("sum") is None or whole(receipt["sum"]) == 0):
        # Nothing is left of it.
        raise PassedOver("voided")
    own_id = receipt_id(*own_parts(receipt))
    both = {"channel": "pos", "lines": lines}
    if kind == "RETURN":
        both |= {"type": "refund", "refund_id": own_id, "order_id": named_order(receipt.get("returns"), "/returns", receipt)}
        return AsSent(renamed(receipt, _RETURN) | given(both), names=_RETURN_CALLED, lines=places)
    both |= {
        "type": "purchase",
        "order_id": own_id,
        "service_type": translated(receipt.get("service"), _SERVICE),
        "payments": each_renamed(receipt.get("tenders"), _TENDER, "method", METHODS),
    }
    return AsSent(renamed(receipt, _SALE) | given(both), names=_SALE_CALLED, lines=places)


def _lines(items: object) -> tuple[object, list[int] | None]:
    """The lines that are not voided, and the place of each among all; None where none is voided."""
    if not isinstance(items, list):
        return items, None
    voided = [isinstance(item, Mapping) and flag(item, "voided", f"/items/{place}") for place, item in enumerate(items)]
    if not any(voided):
        return each_renamed(items, _LINE), None
    places = [place for place, is_voided in enumerate(voided) if not is_voided]
    return each_renamed([items[place] for place in places], _LINE), places


FEED = Feed(name="receipt", read=_read)
