"""What the world has fixed: currencies (ISO 4217) and timezones (the tz database)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from zoneinfo import available_timezones

import pycountry

from rules.check_fault import Fault, meant, shown


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217."""
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


# Asking for one zone by name would read whatever file the name leads to; the list is read once.
_timezones = cache(available_timezones)


def currency_faults(currency: str | None) -> Iterator[Fault]:
    """A fault unless the currency is in ISO 4217, or left out."""
    if currency is not None and currency not in currencies():
        hint = meant(currency, sorted(currencies()))
        yield Fault("currency", f"{shown(currency)} is not a currency of ISO 4217, such as 'GBP'{hint}")


def timezone_faults(timezone: str | None) -> Iterator[Fault]:
    """A fault unless the timezone is in the tz database, or left out."""
    if timezone is not None and timezone not in _timezones():
        hint = meant(timezone, sorted(_timezones()))
        yield Fault("timezone", f"{shown(timezone)} is not a timezone, such as 'Europe/London'{hint}")
