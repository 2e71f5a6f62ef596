"""What a field of a document may be when it is looked at again (rules/documents/tolerant), as JSON Schema."""

from __future__ import annotations

from typing import Any

from rules.documents.fields import MAX_AMOUNT, MAX_ID_CHARACTERS, MAX_ID_NUMBER, MAX_QUANTITY

Schema = dict[str, Any]

_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DATE = f"(?:{_YEAR}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|{_LEAP_YEAR}-02-29)"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
_OFFSET = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"


def number(least: int, most: int) -> Schema:
    """A whole number, however it is written."""
    return {"type": "integer", "minimum": least, "maximum": most}


def text(least: int = 0, most: int | None = None) -> Schema:
    """Text of some length."""
    return {"type": "string"} | ({"minLength": least} if least else {}) | ({} if most is None else {"maxLength": most})


def any_of(*schemas: Schema) -> Schema:
    """One of these."""
    return {"anyOf": list(schemas)}


def optional(schema: Schema) -> Schema:
    """It, or null, which is left out."""
    return any_of(schema, {"type": "null"})


def listed(item: Schema) -> Schema:
    """A list, in which null is left out; or none."""
    return optional({"type": "array", "items": optional(item)})


def obj(properties: Schema, *required: str) -> Schema:
    """An object with fields of these kinds, and any others."""
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


_DEFINED: dict[str, tuple[str, Schema]] = {
    "Id": (
        "text, or a whole number, which is its digits",
        any_of(text(1, MAX_ID_CHARACTERS), number(-MAX_ID_NUMBER, MAX_ID_NUMBER)),
    ),
    "Member": (
        "an id; empty text is nobody",
        any_of(text(0, MAX_ID_CHARACTERS), number(-MAX_ID_NUMBER, MAX_ID_NUMBER)),
    ),
    "Code": ("text, or a whole number, which is its digits", any_of(text(), number(-MAX_ID_NUMBER, MAX_ID_NUMBER))),
    "Amount": ("in minor units, 0 or more", number(0, MAX_AMOUNT)),
    "SignedAmount": ("in minor units", number(-MAX_AMOUNT, MAX_AMOUNT)),
    "Time": (
        "ISO 8601 with an offset; without one it is taken where a setting names the feed's zone",
        {"type": "string", "pattern": f"^{_DATE}[Tt ]{_CLOCK}{_OFFSET}$"},
    ),
    "Quantity": (
        "0 or more, up to three decimals, as a number or as text",
        any_of(
            {"type": "number", "minimum": 0, "maximum": MAX_QUANTITY, "multipleOf": 0.001},
            {"type": "string", "pattern": r"^(?:[0-9]{1,9}(?:\.[0-9]{1,3})?|-0{1,9}(?:\.0{1,3})?)$"},
        ),
    ),
    "QuantityGivenBack": (
        "below 0, up to three decimals, as a number or as text",
        any_of(
            {"type": "number", "minimum": -MAX_QUANTITY, "exclusiveMaximum": 0, "multipleOf": 0.001},
            {"type": "string", "pattern": r"^-(?=[0-9.]*[1-9])[0-9]{1,9}(?:\.[0-9]{1,3})?$"},
        ),
    ),
}
# Of a whole schema, for its $defs.
DEFINITIONS: Schema = {name: {"description": description, **schema} for name, (description, schema) in _DEFINED.items()}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


ANYTHING: Schema = {}
ID, AMOUNT, SIGNED_AMOUNT, TIME = (_ref(name) for name in ("Id", "Amount", "SignedAmount", "Time"))
QUANTITY, QUANTITY_GIVEN_BACK = _ref("Quantity"), _ref("QuantityGivenBack")
MEMBER = optional(_ref("Member"))
CODES = listed(_ref("Code"))
FLAG = optional({"type": "boolean"})
FALSE: Schema = {"enum": [False, None]}
TRUE: Schema = {"const": True}
