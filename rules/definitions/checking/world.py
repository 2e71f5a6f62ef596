"""What the world has fixed: currencies (ISO 4217) and timezones (the tz database)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from rules.currencies import CURRENCIES, EVER
from rules.definitions.checking.fault import Fault, meant, shown

# Asking for one zone by name would read whatever file the name leads to. This opens every file of the system's database, once.
_timezones = cache(available_timezones)


@cache
def _packaged() -> frozenset[str]:
    """The zones of the package tzdata, which zoneinfo reads where the system has no such zone: one small file."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("ascii").split())


def world_faults(definition: object) -> Iterator[Fault]:
    """A fault where a definition's currency never was in ISO 4217, or its timezone not in the tz database; left out, there is none.

    No part of a definition's own soundness: the world changes, and machines differ in what they know of it.
    """
    currency, timezone = getattr(definition, "currency", None), getattr(definition, "timezone", None)
    if currency is not None and currency not in EVER:
        hint = meant(currency, sorted(CURRENCIES))
        yield Fault("currency", f"{shown(currency)} is not a currency of ISO 4217, such as 'GBP'{hint}")
    if timezone is not None and not _is_timezone(timezone):
        hint = meant(timezone, sorted(_timezones()))
        yield Fault("timezone", f"{shown(timezone)} is not a timezone, such as 'Europe/London'{hint}")


def zone_of(timezone: str | None) -> ZoneInfo:
    """The zone of that name; UTC where there is none."""
    return ZoneInfo(timezone if timezone is not None and _is_timezone(timezone) else "UTC")


def _is_timezone(name: str) -> bool:
    return name in _packaged() or name in _timezones()
