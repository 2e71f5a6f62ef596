"""What must hold of every document that has the shape (spec 1.1, 1.2, 1.5, 1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.documents.fields import MAX_AMOUNT
from rules.documents.judging import Judging
from rules.refused import Refused
from rules.times import DAY_MS, FIRST_MS, LAST_MS, at_utc, finer_us

if TYPE_CHECKING:
    from rules.documents.kind import Document


class InvalidDocument(Refused):
    """A document that breaks a rule: by which field, as a JSON Pointer (RFC 6901), and what is wrong."""

    field: str

    def __init__(self, field: str, problem: str) -> None:
        super().__init__("invalid", problem, field)


def wrong_time(field: str, time_ms: int, received_ms: int) -> InvalidDocument:
    """Says that something happened before or after all times, or more than a day after its document came (spec 1.5)."""
    if not FIRST_MS <= time_ms <= LAST_MS:
        return InvalidDocument(f"/{field}", f"expected a time from {at_utc(FIRST_MS)} to {at_utc(LAST_MS)}")
    problem = f"{at_utc(time_ms)} is more than a day after the document was received ({at_utc(received_ms)})"
    return InvalidDocument(f"/{field}", problem)


def received_ahead(field: str, received_ms: int, now_ms: int) -> InvalidDocument:
    """Says that a document was received more than a day after now: one clock at 2099 must harm nobody else (spec 1.5)."""
    return InvalidDocument(f"/{field}", f"{at_utc(received_ms)} is more than a day after now ({at_utc(now_ms)})")


def check_times(document: Document, time_field: str, time_ms: int, received_ms: int, judging: Judging) -> None:
    """Of when it happened, and was received (spec 1.5), to the microsecond. Raises InvalidDocument."""
    finer = finer_us(getattr(document, time_field)), finer_us(document.received_at)
    if not FIRST_MS <= time_ms <= LAST_MS or (time_ms, finer[0]) > (received_ms + DAY_MS, finer[1]):
        raise wrong_time(time_field, time_ms, received_ms)
    if received_ms > judging.now_ms + DAY_MS and (document.received_at is not None or judging.replayed):
        raise received_ahead("received_at" if document.received_at is not None else time_field, received_ms, judging.now_ms)


def wrong_total(lines: int, beside: int, total: int) -> InvalidDocument:
    """Says that the lines' amounts and what is beside them (fees, tax, rounding) are not the total."""
    problem = (
        f"expected {lines + beside}, the lines ({lines}) with fees, tax and rounding ({beside}); got {total}: were units mixed up?"
    )
    return InvalidDocument("/total", problem)


def check_untold_total(total: int) -> None:
    """Raises InvalidDocument where no total is told, and it would be larger than any that is."""
    if abs(total) > MAX_AMOUNT:
        raise InvalidDocument("/lines", f"with fees, tax and rounding they come to {total}, more than {MAX_AMOUNT}")


def too_many_lines(lines: int, judging: Judging) -> InvalidDocument:
    """Says that a document has more lines than are allowed."""
    return InvalidDocument("/lines", f"expected {judging.max_lines} at most; got {lines}")


def no_currency(currency: str) -> InvalidDocument:
    """Says that money is in no currency."""
    return InvalidDocument("/currency", f"expected a code of ISO 4217, or one that a definition names; got {currency!r}")
