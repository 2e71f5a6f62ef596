"""Lines as tills send them: weighed, given back in the same sale, discounts of the basket (spec 1.1, 1.2)."""

from __future__ import annotations

from rules.documents.fields import MAX_AMOUNT, MAX_QUANTITY
from rules.documents.lines import Line, WeighedLine
from rules.documents.tolerant.fields import Fields
from rules.documents.tolerant.numbers import THOUSANDTHS


def lines_of_order(document: Fields) -> list[Line]:
    """The lines of an order, at least one."""
    return [_line_of_order(fields) for fields in _lines(document)]


def lines_of_refund(document: Fields) -> list[Line]:
    """The lines of a refund, at least one; no figure is below 0."""
    return [_line(fields.id("sku"), _quantity(fields), fields.amount("amount")) for fields in _lines(document)]


def _lines(document: Fields) -> list[Fields]:
    found = document.objects("lines")
    if not found:
        document.wrong("lines", "at least one line")
    return found


def _line_of_order(fields: Fields) -> Line:
    quantity = fields.thousandths("quantity")
    amount = fields.amount("amount", least=-MAX_AMOUNT)
    if quantity < 0 < amount:
        fields.wrong("amount", "0 or less, as the quantity is of goods given back")
    return _line(fields.id("sku"), quantity, amount)


def _quantity(fields: Fields) -> int:
    found = fields.thousandths("quantity")
    return found if found >= 0 else fields.wrong("quantity", f"from 0 to {MAX_QUANTITY}")


def _line(sku: str, quantity: int, amount: int) -> Line:
    if quantity % THOUSANDTHS == 0:
        return Line(sku, quantity // THOUSANDTHS, amount)
    return WeighedLine(sku, 1 if quantity > 0 else -1, amount, quantity)
