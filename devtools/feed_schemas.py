"""The JSON Schemas of the feeds' own shapes, of what rules/documents/tolerant makes of each field (spec 1.1, 1.3)."""

from __future__ import annotations

from devtools.schema_parts import (
    AMOUNT,
    ANYTHING,
    CODES,
    DEFINITIONS,
    FALSE,
    FLAG,
    ID,
    MEMBER,
    QUANTITY,
    QUANTITY_GIVEN_BACK,
    SIGNED_AMOUNT,
    TIME,
    TRUE,
    Schema,
    any_of,
    listed,
    number,
    obj,
    optional,
    text,
)
from rules.documents.fields import MAX_AMOUNT, MAX_ID_CHARACTERS, MAX_ID_NUMBER
from rules.documents.kinds import BY_TYPE
from rules.documents.purchase import ASSETS
from streams.feeds import online, pos
from streams.feeds.receipt_ids import PARTS

# A text in which a date stands between other parts may be four parts written one after the other; the object says which they are.
_DATED = {"pattern": "-(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})-"}


def receipt_schema() -> Schema:
    """Of {"receipt": …}."""
    both: Schema = {
        **dict.fromkeys(PARTS, ID),
        "closed_at": TIME,
        "currency": text(),
        "loyalty_card": MEMBER,
        "sum": optional(SIGNED_AMOUNT),
        "rounding": optional(SIGNED_AMOUNT),
        "received_at": optional(TIME),
        "voided": FALSE,
        "training": FALSE,
    }
    sale = obj(
        {
            "kind": {"const": "SALE"},
            **both,
            "items": _some_not_voided(_line("plu", "qty", "net")),
            "tip": optional(SIGNED_AMOUNT),
            "tax": optional(SIGNED_AMOUNT),
            "tenders": _payments("kind", pos.METHODS),
            "change": ANYTHING,
            "service": ANYTHING,
            "vouchers": CODES,
            "promotions": CODES,
            "member_price": FLAG,
            "member_discount": FLAG,
            "imported": FLAG,
        },
        "kind",
        *PARTS,
        "closed_at",
        "currency",
        "items",
    )
    back = obj(
        {
            "kind": {"const": "RETURN"},
            **both,
            "items": _some_not_voided(_refund_line("plu", "qty", "net")),
            "tip": optional(AMOUNT),
            "tax": optional(AMOUNT),
            "returns": _named_order(*PARTS[:3]),
        },
        *("kind", *PARTS, "closed_at", "currency", "items"),
    )
    nothing_left = obj(
        {
            "kind": {"enum": ["SALE", "RETURN"]},
            "voided": FALSE,
            "training": FALSE,
            "items": {"type": "array", "items": obj({"voided": TRUE}, "voided"), "minItems": 1},
            "sum": {"enum": [0, None]},
        },
        *("kind", "items"),
    )
    void = any_of(
        obj({"kind": {"enum": ["VOID", "TRAINING"]}}, "kind"),
        obj({"voided": TRUE}, "voided"),
        obj({"voided": FALSE, "training": TRUE}, "training"),
    )
    return _feed("receipt", any_of(sale | _taken_along("tip", "tax"), back, nothing_left, void))


def web_order_schema() -> Schema:
    """Of {"web_order": …}."""
    both: Schema = {
        "number": ID,
        "shop": ID,
        "created_at": TIME,
        "currency": text(),
        "customer": optional(obj({"member_id": MEMBER})),
        "total": optional(SIGNED_AMOUNT),
        "rounding": optional(SIGNED_AMOUNT),
        "received_at": optional(TIME),
    }
    required = ("number", "shop", "created_at", "currency", "items")
    order = obj(
        {
            "event": {"enum": ["placed", None]},
            **both,
            "items": _some(_line("sku", "quantity", "line_total")),
            "fulfilment": optional(obj({"method": ANYTHING, "fee": optional(SIGNED_AMOUNT)})),
            "tax": optional(SIGNED_AMOUNT),
            "paid": _payments("by", online.METHODS),
            "change": ANYTHING,
            "coupon_codes": CODES,
            "campaigns": CODES,
            "member_price": FLAG,
            "member_discount": FLAG,
            "imported": FLAG,
        },
        *required,
    )
    back = obj(
        {
            "event": {"const": "returned"},
            **both,
            "items": _some(_refund_line("sku", "quantity", "line_total")),
            "fulfilment": optional(obj({"method": ANYTHING, "fee": optional(AMOUNT)})),
            "tax": optional(AMOUNT),
            "return_of": _named_order(),
        },
        *("event", *required),
    )
    fee = {"fulfilment": optional(obj({"fee": optional(AMOUNT)}))}
    plain = any_of(
        {"properties": {"items": {"contains": _given_back("quantity")}}}, {"properties": {"tax": optional(AMOUNT), **fee}}
    )
    return _feed("web_order", any_of(order | plain, back))


def _feed(name: str, shape: Schema) -> Schema:
    """A document with a field of that name, which does not say that it is one of spec 1.1."""
    return obj({name: shape, "type": {"not": {"enum": list(BY_TYPE)}}}, name) | {"$defs": DEFINITIONS}


def _line(sku: str, quantity: str, amount: str) -> Schema:
    """A line of a sale: sold, or given back."""
    sold = obj({sku: ID, quantity: QUANTITY, amount: SIGNED_AMOUNT}, sku, quantity, amount)
    back = obj({sku: ID, quantity: QUANTITY_GIVEN_BACK, amount: number(-MAX_AMOUNT, 0)}, sku, quantity, amount)
    return any_of(sold, back)


def _refund_line(sku: str, quantity: str, amount: str) -> Schema:
    return obj({sku: ID, quantity: QUANTITY, amount: AMOUNT}, sku, quantity, amount)


def _some(line: Schema) -> Schema:
    """At least one; null is left out."""
    return {"type": "array", "items": optional(line), "contains": line}


def _some_not_voided(line: Schema) -> Schema:
    """At least one that is not voided."""
    kept = any_of(*(_not_voided(each) for each in line["anyOf"])) if "anyOf" in line else _not_voided(line)
    return {"type": "array", "items": any_of(kept, obj({"voided": TRUE}, "voided"), {"type": "null"}), "contains": kept}


def _not_voided(line: Schema) -> Schema:
    return line | {"properties": {**line["properties"], "voided": FALSE}}


def _given_back(quantity: str) -> Schema:
    return obj({quantity: QUANTITY_GIVEN_BACK}, quantity)


def _taken_along(*fields: str) -> Schema:
    """What is paid beside the lines is below 0 only where goods were given back."""
    back = {"properties": {"items": {"contains": _not_voided(_given_back("qty"))}}}
    return any_of(back, {"properties": dict.fromkeys(fields, optional(AMOUNT))})


def _payments(word: str, methods: dict[str, str]) -> Schema:
    """The amount is looked at of what was bought or given before."""
    looked_at = {"enum": sorted({theirs for theirs, ours in methods.items() if ours in ASSETS} | ASSETS)}
    return listed(any_of(obj({word: looked_at, "amount": AMOUNT}, word, "amount"), obj({word: {"not": looked_at}})))


def _named_order(*own: str) -> Schema:
    """What a return names. `own`: which parts of a receipt may be left out, as they are its own."""
    parts = {name: optional(ID) if name in own else ID for name in PARTS}
    by_parts = obj({**parts, "order_id": {"type": "null"}}, *(name for name in PARTS if name not in own))
    by_id = obj({"order_id": any_of(ID, {"const": ""})}, "order_id")
    told = any_of(text(0, MAX_ID_CHARACTERS) | {"not": _DATED}, number(-MAX_ID_NUMBER, MAX_ID_NUMBER))
    return optional(any_of(told, by_id, by_parts))
