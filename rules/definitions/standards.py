"""By what spending a level is reached, for how long it holds, and what prolongs that, as they are defined (spec 3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from rules.definitions.checking.fault import Fault
from rules.definitions.fields import Count

# Two years at most (spec 3.1), a leap year among them.
PERIOD_DAYS_MAX = 731
PERIOD_MONTHS_MAX = 24
# A term that is longer was meant to be permanent.
SPAN_YEARS_MAX = 100


class Span(Struct, frozen=True, forbid_unknown_fields=True):
    """A number of local days, months or years: one of these."""

    days: Count | None = None
    months: Count | None = None
    years: Count | None = None

    def of(self) -> tuple[int, int]:
        """The days, and the months that its months and years come to."""
        return self.days or 0, (self.months or 0) + 12 * (self.years or 0)


class Standard(Struct, frozen=True, forbid_unknown_fields=True):
    """By what spending a level is reached (spec 3.1). `window`: of mode total; history, where it is left out."""

    mode: Literal["each", "total"] = "total"
    window: Literal["history", "since_upgrade", "period"] | None = None
    period: Span | None = None
    include_imported: bool = False

    @property
    def name(self) -> str:
        """The mode, or the window of mode total."""
        return self.mode if self.mode == "each" else self.window or "history"


class LockIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What prolongs a term, once: an order or a sum in it that reaches the level's `lock_in_amount` (spec 3.1, 3.5)."""

    by: Literal["single_order", "period_total"]
    extend: Span


class Paid(Struct, frozen=True, forbid_unknown_fields=True):
    """How levels that are paid for are priced (spec 3.1, 3.2)."""

    pricing: Literal["unified", "per_level"] = "unified"


def standard_faults(standard: Standard) -> Iterator[Fault]:
    """What is wrong with a standard of itself."""
    if standard.mode == "each":
        for field in ("window", "period"):
            if getattr(standard, field) is not None:
                yield Fault(f"standard.{field}", "is for mode total: in mode each one order reaches a level; leave it out")
    elif standard.name == "period":
        if standard.period is None:
            yield Fault("standard.period", "is required of the window period: expected days or months")
        else:
            yield from _period_faults(standard.period)
    elif standard.period is not None:
        yield Fault("standard.period", f"is for the window period, and this is {standard.name}: leave it out")
    if standard.include_imported and standard.name != "history":
        yield Fault(
            "standard.include_imported",
            f"is for the window history only: with {standard.name}, imported orders never count; leave it out",
        )


def _period_faults(period: Span) -> Iterator[Fault]:
    if period.years is not None:
        yield Fault("standard.period.years", "expected days or months, two years at most")
        return
    yield from span_faults(period, "standard.period")
    if (period.days or 0) > PERIOD_DAYS_MAX:
        yield Fault("standard.period.days", f"expected two years at most, {PERIOD_DAYS_MAX} days; got {period.days}")
    if (period.months or 0) > PERIOD_MONTHS_MAX:
        yield Fault("standard.period.months", f"expected two years at most, {PERIOD_MONTHS_MAX} months; got {period.months}")


def validity_faults(validity: Span | str) -> Iterator[Fault]:
    """What is wrong with how long a level holds."""
    if not isinstance(validity, Span):
        return
    if validity.months is not None:
        yield Fault("validity.months", "expected permanent, years: 1 or days")
        return
    yield from span_faults(validity, "validity")
    if validity.years not in (None, 1):
        yield Fault("validity.years", f"expected 1; got {validity.years}: write it in days")


def span_faults(span: Span, at: str) -> Iterator[Fault]:
    """A fault unless exactly one of its fields is given, and it is no longer than that many years."""
    given = [field for field in ("days", "months", "years") if getattr(span, field) is not None]
    if len(given) != 1:
        yield Fault(at, "expected one of days, months and years" + (f"; got {' and '.join(given)}" if given else ""))
        return
    (field,) = given
    most = {"days": 366, "months": 12, "years": 1}[field] * SPAN_YEARS_MAX
    if getattr(span, field) > most:
        yield Fault(f"{at}.{field}", f"expected at most {most}: what is longer is permanent")
