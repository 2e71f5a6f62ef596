"""What the world has fixed: currencies (ISO 4217) and timezones (the tz database)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from zoneinfo import available_timezones

from rules.definitions.checking.fault import Fault, meant, shown
from rules.documents.validity import CURRENCIES

# Asking for one zone by name would read whatever file the name leads to; the list is read once.
_timezones = cache(available_timezones)


def currency_faults(currency: str | None) -> Iterator[Fault]:
    """A fault unless the currency is in ISO 4217, or left out."""
    if currency is not None and currency not in CURRENCIES:
        hint = meant(currency, sorted(CURRENCIES))
        yield Fault("currency", f"{shown(currency)} is not a currency of ISO 4217, such as 'GBP'{hint}")


def timezone_faults(timezone: str | None) -> Iterator[Fault]:
    """A fault unless the timezone is in the tz database, or left out."""
    if timezone is not None and timezone not in _timezones():
        hint = meant(timezone, sorted(_timezones()))
        yield Fault("timezone", f"{shown(timezone)} is not a timezone, such as 'Europe/London'{hint}")
