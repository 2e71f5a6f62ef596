"""The JSON Schemas of documents in the canonical shape, of what rules/documents/tolerant makes of each field (spec 1.1, 1.2, 1.7).

What no schema can say is in their descriptions.
"""

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
    Schema,
    any_of,
    listed,
    number,
    obj,
    optional,
    text,
)
from rules.currencies import CURRENCIES
from rules.definitions.saved import CHANGE_NAMES
from rules.documents.change import PROGRAM
from rules.documents.change import TYPE as CHANGE
from rules.documents.claim import MAX_GRANT_ID_CHARACTERS, MAX_PLACE
from rules.documents.fields import CHANNELS, MAX_AMOUNT, MAX_ID_CHARACTERS, MAX_ID_NUMBER
from rules.documents.member import BIRTHDAY, CONSENTS, MOST_MINI_PROGRAMS, MOST_TAGS
from rules.documents.purchase import ASSETS
from rules.documents.test_send import MAX_VERSION

BESIDE = (
    "Beside this schema: times are from the year 2 to 9998 (UTC), and no more than a day after the document was received; a document has "
    "no more lines and bytes than the limits that are set (5,000 and 1 MiB). Where a setting names a feed's zone, its times need no offset."
)
_OF_SALES = (
    "`total`, where it is given, is the lines, fees, tax and rounding. The currency may also be one that a definition names."
)
_OF_ORDERS = (
    "What gift cards, group vouchers, prepaid balance and points paid is at most the total, and at most 0 where that is below 0."
)

_ID_OR_EMPTY = MEMBER | {"description": "an id; empty text is left out"}


def purchase_schema() -> Schema:
    """Of an order."""
    given_back = _line(QUANTITY_GIVEN_BACK, number(-MAX_AMOUNT, 0))
    discount = _line(QUANTITY, number(-MAX_AMOUNT, -1))
    properties = _sale("order_id", "placed_at", any_of(_line(QUANTITY, AMOUNT), given_back, discount)) | {
        "fees": optional(SIGNED_AMOUNT),
        "tax": optional(SIGNED_AMOUNT),
        "change": ANYTHING,
        "service_type": {"description": "dine_in, delivery or self_pickup; anything else is none"},
        "payments": listed(_payment()),
        "coupons": CODES,
        "promotions": CODES,
        "member_price": FLAG,
        "member_discount": FLAG,
        "imported": FLAG,
    }
    # What goods given back take along may be below 0, as they are.
    not_below_0 = any_of(obj({"lines": {"contains": given_back}}), obj(dict.fromkeys(("fees", "tax"), optional({"minimum": 0}))))
    schema = obj({"type": {"const": "purchase"}, **properties}, *_REQUIRED, "order_id", "placed_at")
    return _document(schema | not_below_0, _OF_SALES, _OF_ORDERS)


def refund_schema() -> Schema:
    """Of a refund."""
    properties = _sale("refund_id", "refunded_at", _line(QUANTITY, AMOUNT)) | {"order_id": _ID_OR_EMPTY}
    return _document(obj({"type": {"const": "refund"}, **properties}, *_REQUIRED, "refund_id", "refunded_at"), _OF_SALES)


def member_schema() -> Schema:
    """Of a member's document."""
    membership = obj({"program": ID, "since": optional(TIME)}, "program")
    properties: Schema = {
        "type": {"const": "member"},
        "member_id": ID,
        "programs": listed(any_of(ID, membership)),
        "registered_at": optional(TIME),
        "registered_channel": optional({"enum": list(CHANNELS)}),
        **dict.fromkeys(("name", "phone", "organization"), _ID_OR_EMPTY | {"description": "empty text takes it away"}),
        "birthday": optional({"type": "string", "pattern": BIRTHDAY.removesuffix("\\Z") + "$"}),
        "tags": optional({"type": "array", "items": _ID_OR_EMPTY, "maxItems": MOST_TAGS}),
        "mini_programs": optional(_by_name(optional(ID), MOST_MINI_PROGRAMS)),
        "consents": optional(obj(dict.fromkeys(CONSENTS, FLAG))),
        "merged_into": {"type": "null"},
        "deleted": FALSE,
        "received_at": optional(TIME),
    }
    return _document(obj(properties, "type", "member_id"), "Programs must be there, and each is listed once.")


def _by_name(value: Schema, most: int) -> Schema:
    """An object of values by name."""
    return {"type": "object", "propertyNames": text(1, MAX_ID_CHARACTERS), "additionalProperties": value, "maxProperties": most}


def claim_schema() -> Schema:
    """Of a claim."""
    grant_id = any_of(text(1, MAX_GRANT_ID_CHARACTERS), number(-MAX_ID_NUMBER, MAX_ID_NUMBER))
    properties: Schema = {
        "type": {"const": "claim"},
        "member_id": ID,
        "grant_id": grant_id,
        "gift": optional(number(1, MAX_PLACE)),
        "claimed_at": TIME,
        "received_at": optional(TIME),
    }
    return _document(
        obj(properties, "type", "member_id", "grant_id", "claimed_at"),
        "`gift` is its place among the grant's gifts, from 1; left out: all of them that can be claimed.",
    )


def payment_schema() -> Schema:
    """Of a payment for a level."""
    properties: Schema = {
        "type": {"const": "payment"},
        "payment_id": ID,
        "member_id": ID,
        "program": optional(ID),
        "level": ID,
        "from_level": optional(ID),
        "paid_at": TIME,
        "amount": AMOUNT,
        "currency": {"enum": sorted(CURRENCIES)},
        "received_at": optional(TIME),
    }
    required = ("type", "payment_id", "member_id", "level", "paid_at", "amount", "currency")
    beside = (
        "The program (left out: the default one) must be there, in that currency, and have the levels; the one that is paid for must be "
        "enabled, and paid or dual. The amount must be its price."
    )
    return _document(obj(properties, *required), beside)


def points_schema() -> Schema:
    """Of points."""
    earned, taken_back = number(1, MAX_AMOUNT), number(-MAX_AMOUNT, -1)
    properties: Schema = {
        "type": {"const": "points"},
        "points_id": ID,
        "member_id": ID,
        "points": any_of(earned, taken_back),
        "earned_at": TIME,
        "program": optional(ID),
        "order_id": _ID_OR_EMPTY,
        "takes_back": optional(ID),
        "imported": FLAG,
        "received_at": optional(TIME),
    }
    schema = obj(properties, "type", "points_id", "member_id", "points", "earned_at")
    only_below_0 = any_of(obj({"points": taken_back}), obj({"takes_back": {"type": "null"}}))
    return _document(schema | only_below_0, "A program that is named must measure points.")


def test_send_schema() -> Schema:
    """Of a test send."""
    properties: Schema = {
        "type": {"const": "test_send"},
        "test_id": ID,
        "activity": ID,
        "version": optional(number(1, MAX_VERSION)),
        "member_id": ID,
        "sent_at": TIME,
        "received_at": optional(TIME),
    }
    return _document(
        obj(properties, "type", "test_id", "activity", "member_id", "sent_at"),
        "The activity must be there, with that version, which is not archived; left out: the newest. A test_id is sent to a member once.",
    )


def change_schema() -> Schema:
    """Of a change of a definition."""
    definition = obj({"kind": text(), "code": text()}, "kind", "code")
    properties: Schema = {
        "type": {"const": CHANGE},
        "change": {"enum": list(CHANGE_NAMES)},
        "kind": text(),
        "code": text(),
        "version": optional(number(1, MAX_VERSION)),
        "saved_at": TIME,
        "saved_by": optional(text()),
        "document": optional(definition),
        "existing_at": optional(TIME),
        "received_at": optional(TIME),
    }
    save = {"change": {"const": "save"}}
    others: Schema = {"change": {"enum": [name for name in CHANGE_NAMES if name != "save"]}}
    saves_with_a_document = any_of(obj(save | {"document": definition}, "document"), obj(others | {"document": {"type": "null"}}))
    schedules_programs = any_of(obj(save | {"kind": {"const": PROGRAM}}), obj({"existing_at": {"type": "null"}}))
    schema = obj(properties, "type", "change", "kind", "code", "saved_at")
    return _document(
        schema | {"allOf": [saves_with_a_document, schedules_programs]},
        "The document is of the kind and code that the change says, and sound by activity.json or definition.json, and among the others. "
        "pause, resume and archive are of activities, bring_forward and cancel of a program that is scheduled (`existing_at`). `version`, "
        "where it is given, is the next; on the definitions topic it always is, and `saved_at` is only told there: the record's timestamp "
        "holds.",
    )


_REQUIRED = ("type", "channel", "store_id", "currency", "lines")


def _sale(own_id: str, time: str, line: Schema) -> Schema:
    """What orders and refunds have in common."""
    return {
        own_id: ID,
        "channel": {"enum": list(CHANNELS)},
        "store_id": ID,
        time: TIME,
        "currency": {"enum": sorted(CURRENCIES)},
        "lines": {"type": "array", "items": optional(line), "contains": line, "minItems": 1},
        "member_id": MEMBER,
        "fees": optional(AMOUNT),
        "tax": optional(AMOUNT),
        "rounding": optional(SIGNED_AMOUNT),
        "total": optional(SIGNED_AMOUNT),
        **dict.fromkeys(("terminal_id", "receipt_no", "business_date"), _ID_OR_EMPTY),
        "received_at": optional(TIME),
    }


def _line(quantity: Schema, amount: Schema) -> Schema:
    return obj({"sku": ID, "quantity": quantity, "amount": amount}, "sku", "quantity", "amount")


def _payment() -> Schema:
    """Of other methods than these, whatever they are called, no amount is looked at."""
    assets = sorted(ASSETS)
    of_others: Schema = {"type": "object", "properties": {"method": {"not": {"enum": assets}}}}
    return any_of(obj({"method": {"enum": assets}, "amount": AMOUNT}, "method", "amount"), of_others)


def _document(schema: Schema, *beside: str) -> Schema:
    return {"description": " ".join((BESIDE, *beside)), **schema, "$defs": DEFINITIONS}
