"""What must hold of every document that has the shape (spec 1.1, 1.2, 1.5, 1.6)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.currencies import CURRENCIES
from rules.documents.lines import Items, Line, RefundLine, items_of
from rules.refused import Refused
from rules.times import FIRST_MS, LAST_MS, at_utc


class InvalidDocument(Refused):
    """A document that has the shape but breaks a rule: by which field, and what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__("invalid", f"{field}: {problem}")
        self.field = field
        self.problem = problem


def wrong_time(field: str, time_ms: int, received_ms: int) -> InvalidDocument:
    """Says that something happened before or after all times, or more than a day after its document came (spec 1.5)."""
    if not FIRST_MS <= time_ms <= LAST_MS:
        return InvalidDocument(field, f"expected a time from {at_utc(FIRST_MS)} to {at_utc(LAST_MS)}")
    problem = f"{at_utc(time_ms)} is more than a day after the document was received ({at_utc(received_ms)})"
    return InvalidDocument(field, problem)


def check_lines(lines: Sequence[Line | RefundLine], fees: int, total: int, currency: str, max_lines: int) -> tuple[Items, int]:
    """The lines by sku and their sum, once they, the fees and the total agree. Raises InvalidDocument."""
    items, amount = items_of(lines)
    if amount + fees != total:
        raise InvalidDocument("total", f"{total}, but lines ({amount}) and fees ({fees}) add up to {amount + fees}")
    if len(lines) > max_lines:
        raise InvalidDocument("lines", f"{len(lines)}, more than the {max_lines} allowed")
    if currency not in CURRENCIES:
        raise InvalidDocument("currency", f"{currency!r} is not a code of ISO 4217, in use or withdrawn in the last ten years")
    return items, amount
