"""Numbers as others write them: 1.0 and 1e4 are whole, and a weight may be text (spec 1.1)."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from rules.documents.fields import MAX_ID_NUMBER, MAX_QUANTITY

# Of more digits than any number that is taken: what is this large is not written out.
_LARGE_DIGITS = 60
_WEIGHT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
THOUSANDTHS = 1000
_THOUSANDTH = Decimal("0.001")
_OUT_OF_RANGE = Decimal("NaN")


def decimal_of(text: str) -> Decimal:
    """A JSON number by its digits. One whose exponent is beyond what a Decimal has is not a number: JSON has no limit, and what is in a
    field that we do not know is passed over.
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        return _OUT_OF_RANGE


def exact(value: object) -> int | Decimal | None:
    """The value, where it is a number (no float: those would not be exact, and are read by the digits that they are written with)."""
    if type(value) is int or type(value) is Decimal:
        return value
    return Decimal(repr(value)) if type(value) is float else None


def whole(value: object) -> int | None:
    """A JSON number that is whole, however it is written; None for anything else, and for one too large to be written out."""
    if type(value) is int:
        return value
    number = exact(value)
    if not isinstance(number, Decimal) or not number.is_finite():
        return None
    if not number:
        return 0
    return int(number) if number.adjusted() <= _LARGE_DIGITS and number == number.to_integral_value() else None


def thousandths(value: object) -> int | None:
    """A quantity, in thousandths: a number of up to 3 decimals, or text that holds one; None for anything else."""
    if isinstance(value, str):
        number: int | Decimal | None = Decimal(value) if _WEIGHT.fullmatch(value) else None
    else:
        number = exact(value)
    if isinstance(number, int):
        return number * THOUSANDTHS if abs(number) <= MAX_QUANTITY else None
    if number is None or not number.is_finite() or abs(number) > MAX_QUANTITY:
        return None
    cut = number.quantize(_THOUSANDTH, ROUND_DOWN)
    return int(cut * THOUSANDTHS) if cut == number else None


def digits(value: object) -> str | None:
    """A whole JSON number as an id: its digits; None for anything else."""
    number = whole(value)
    return None if number is None or abs(number) > MAX_ID_NUMBER else str(number)
