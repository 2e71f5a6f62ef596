"""Single values of a document, in any spelling that the spec takes (spec 1.1). Null is left out, everywhere."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from .times import parse, to_us

Document = dict[str, Any]
# Beyond it nobody counts, and 1e999999999 would never end.
DIGITS_MAX = 30
EIGHT_DIGITS = re.compile(r"\d{8}", re.ASCII)


class Refused(Exception):
    """The document goes to the dead letters; `reason` is one of the codes of spec 1.6."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(f"{reason}: {why}")
        self.reason = reason


def invalid(why: str) -> Refused:
    return Refused("invalid", why)


def number(value: Any) -> Decimal | None:
    """Exactly; None for what is no JSON number."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def whole_of(value: Any) -> int | None:
    """1, 1.0 and 1e4; None for what is no whole number."""
    exact = number(value)
    if exact is None or exact.adjusted() > DIGITS_MAX or exact != exact.to_integral_value():
        return None
    return int(exact)


def whole(raw: Document, name: str, default: int | None, least: int | None = None) -> int | None:
    """`default` where it is left out. Raises Refused."""
    if raw.get(name) is None:
        return default
    value = whole_of(raw[name])
    if value is None or (least is not None and value < least):
        raise invalid(f"{name} is not a whole number of {least} or more")
    return value


def identifier_or_none(raw: Document, name: str) -> str | None:
    """Text, or a whole number's digits; None where it is left out or empty. Raises Refused."""
    value = raw.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    digits = whole_of(value)
    if digits is None:
        raise invalid(f"{name} is neither text nor a whole number")
    return str(digits)


def identifier(raw: Document, name: str) -> str:
    value = identifier_or_none(raw, name)
    if value is None:
        raise invalid(f"{name} is missing")
    return value


def date_of(text: str) -> str:
    """20260301 is 2026-03-01."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if EIGHT_DIGITS.fullmatch(text) else text


def flag(raw: Document, name: str) -> bool:
    value = raw.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(f"{name} is not true or false")
    return bool(value)


def listed(raw: Document, name: str) -> list[Any]:
    """What is in it but null. Raises Refused."""
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"{name} is not a list")
    return [entry for entry in value if entry is not None]


def objects(raw: Document, name: str) -> list[Document]:
    entries = listed(raw, name)
    if not all(isinstance(entry, dict) for entry in entries):
        raise invalid(f"{name} has what is no object")
    return entries


def codes(raw: Document, name: str) -> list[str]:
    """Text, or the digits of whole numbers. Raises Refused."""
    return [identifier({name: entry}, name) for entry in listed(raw, name)]


def moment(raw: Document, name: str) -> datetime:
    try:
        return parse(raw.get(name))
    except ValueError as error:
        raise invalid(f"{name}: {error}") from error


def time_or_none(raw: Document, name: str) -> int | None:
    """Epoch microseconds."""
    return None if raw.get(name) is None else to_us(moment(raw, name))
