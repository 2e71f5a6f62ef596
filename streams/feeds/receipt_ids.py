"""The id of a receipt, made of what names it: store, till, business date and number. Other parts make another id (spec 1.3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from rules.documents.dates import dashed
from rules.documents.fields import MAX_ID_CHARACTERS
from rules.documents.tolerant.fields import shown
from rules.documents.tolerant.numbers import digits
from rules.documents.validity import InvalidDocument

# What names a receipt, in the order in which its id has it.
PARTS = ("store", "till", "business_date", "number")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Where a date stands between other parts of a text.
_DATE_WITHIN = re.compile(r"(?<=-)(?=([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})-)")


def receipt_id(store: str, till: str, business_date: str, number: str) -> str:
    """`store-till-date-number`. A - within a part is written %2D and a % %25, but in a date: so no other parts make the same."""
    date = dashed(business_date)
    made = "-".join((_escape(store), _escape(till), date if _DATE.fullmatch(date) else _escape(date), _escape(number)))
    if len(made) <= MAX_ID_CHARACTERS:
        return made
    # A receipt's parts are four or, with a date's, six: what has three is none of theirs.
    return f"receipt-sha256-{hashlib.sha256(made.encode(errors='surrogatepass')).hexdigest()}"


def parts_of(order_id: str) -> tuple[str, str, str, str] | None:
    """The parts of which an id was made; None where it was made of none, or is a digest of them."""
    pieces = order_id.split("-")
    if len(pieces) == 6:
        pieces[2:5] = ["-".join(pieces[2:5])]
    if len(pieces) != 4:
        return None
    store, till, date, number = map(_unescape, pieces)
    return (store, till, date, number) if receipt_id(store, till, date, number) == order_id else None


def own_parts(fields: Mapping[str, object]) -> tuple[str, str, str, str]:
    """The parts of a receipt, each as text. Raises InvalidDocument."""
    store, till, business_date, number = (_part(fields, name, "") for name in PARTS)
    return store, till, business_date, number


def named_order(named: object, pointer: str, own: Mapping[str, object]) -> object:
    """The order_id of what a return names at a JSON Pointer.

    An object of parts, of which those that are left out are the return's own (`own`), but its number; or of an `order_id`, of an order
    that is no receipt. A text: an id, or the four parts as they stand, where they can be taken apart in one way only. What is neither is
    left as it is. Raises InvalidDocument.
    """
    if isinstance(named, str):
        return _of_text(named, pointer, own)
    if not isinstance(named, Mapping):
        return named
    if (order_id := named.get("order_id")) is not None:
        return order_id
    given = {name: value for name, value in named.items() if value is not None}
    store, till, business_date = (_part(given if name in given else own, name, pointer) for name in PARTS[:3])
    return receipt_id(store, till, business_date, _part(given, "number", pointer))


def _of_text(text: str, pointer: str, own: Mapping[str, object]) -> str:
    ways = list(_ways(text))
    if not ways:
        # Of an order that came with an id of its own.
        return text
    if len(ways) > 1:
        ways = [way for way in ways if way[:2] == (own.get("store"), own.get("till"))]
    if len(ways) != 1:
        problem = "expected {store, till, business_date, number}, as the text can be taken apart in more than one way"
        raise InvalidDocument(pointer, f"{problem}; got {shown(text)}")
    return receipt_id(*ways[0])


def _ways(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Every four parts that were written one after the other as this text."""
    if len(text) > 4 * MAX_ID_CHARACTERS:
        return
    for found in _DATE_WITHIN.finditer(text):
        date = found[1]
        before, number = text[: found.start() - 1], text[found.start() + len(date) + 1 :]
        for at, character in enumerate(before):
            if character == "-" and 0 < at < len(before) - 1 and number:
                yield _unescape(before[:at]), _unescape(before[at + 1 :]), date, _unescape(number)


def _part(fields: Mapping[str, object], name: str, pointer: str) -> str:
    value = fields.get(name)
    part = value if isinstance(value, str) else digits(value)
    if part is None or not 0 < len(part) <= MAX_ID_CHARACTERS:
        came = "it is missing" if value is None else f"got {shown(value)}"
        raise InvalidDocument(
            f"{pointer}/{name}", f"expected text of 1 to {MAX_ID_CHARACTERS} characters, or a whole number; {came}"
        )
    return part


def _escape(part: str) -> str:
    return part.replace("%", "%25").replace("-", "%2D")


def _unescape(part: str) -> str:
    return part.replace("%2D", "-").replace("%25", "%")
