"""What must hold of a document that has the shape (spec 1.1, 1.2, 1.5, 1.6)."""

from __future__ import annotations

import pycountry

from rules.documents.items import Items, items_of
from rules.documents.shapes import Document, Purchase, Refund
from rules.times import DAY_MS, FIRST_MS, LAST_MS, at_utc, epoch_ms

# The codes of ISO 4217.
CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies)


class InvalidDocument(ValueError):
    """A document that has the shape but breaks a rule; the message says which, and by which field."""


def validate(document: Document, received_ms: int, max_lines: int) -> tuple[int, Items, int]:
    """When it happened (epoch ms), its items (see `rules.documents.items`) and the sum of its lines (of a member's: none, and 0).

    Raises InvalidDocument.
    """
    if isinstance(document, Purchase):
        items, amount = _check_lines(document, max_lines)
        if document.payments:
            paid = 0
            for payment in document.payments:
                paid += payment.amount
            if paid != document.total:
                raise InvalidDocument(f"payments add up to {paid}, total is {document.total}")
        time_ms = epoch_ms(document.placed_at)
        field = "placed_at"
    elif isinstance(document, Refund):
        items, amount = _check_lines(document, max_lines)
        time_ms = epoch_ms(document.refunded_at)
        field = "refunded_at"
    else:
        items, amount = [], 0
        time_ms = received_ms if document.registered_at is None else epoch_ms(document.registered_at)
        field = "registered_at"
    if not FIRST_MS <= time_ms <= LAST_MS:
        raise InvalidDocument(f"{field}: expected a time from {at_utc(FIRST_MS)} to {at_utc(LAST_MS)}")
    if time_ms > received_ms + DAY_MS:
        raise InvalidDocument(
            f"{field}: {at_utc(time_ms)} is more than a day after the document was received ({at_utc(received_ms)})"
        )
    return time_ms, items, amount


def _check_lines(document: Purchase | Refund, max_lines: int) -> tuple[Items, int]:
    """The lines by sku and their sum, once they, the fees and the total agree. Raises InvalidDocument."""
    items, amount = items_of(document.lines)
    if amount + document.fees != document.total:
        raise InvalidDocument(
            f"total is {document.total}, but lines ({amount}) and fees ({document.fees}) add up to {amount + document.fees}"
        )
    if len(document.lines) > max_lines:
        raise InvalidDocument(f"lines: {len(document.lines)}, more than the {max_lines} allowed")
    if document.currency not in CURRENCIES:
        raise InvalidDocument(f"currency: {document.currency!r} is not a code of ISO 4217")
    return items, amount
