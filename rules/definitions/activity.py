"""What every type of activity has (spec 2.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, time
from typing import Literal

from msgspec import Struct

from rules.definitions.checking.fault import Fault
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.checking.world import zone_of
from rules.definitions.fields import CHANNELS, SERVICE_TYPES, Channel, Code, Currency, ServiceType, Text, Time
from rules.definitions.gifts import Gift, Notify, gift_faults, gift_references
from rules.definitions.limits import NO_LIMITS, Limits, budget_faults
from rules.definitions.scopes import NotWith
from rules.state import ALWAYS_US, NEVER_MS
from rules.times import epoch_ms, epoch_us


class Activity(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The fields that all types have. Dates are inclusive, an end for its whole second."""

    kind: Literal["activity"]
    code: Code
    name: Text
    description: str = ""
    draft: bool = False
    starts_at: Time | None = None
    ends_at: Time | None = None
    programs: tuple[Code, ...] = ()
    currency: Currency | None = None
    timezone: str | None = None
    gifts: tuple[Gift, ...] = ()
    service_types: tuple[ServiceType, ...] = ()
    channels: tuple[Channel, ...] = ()
    notify: Notify | None = None
    limits: Limits = NO_LIMITS


def activity_faults(activity: Activity, document: Mapping[str, object]) -> Iterator[Fault]:
    """Faults that any type of activity can have."""
    starts_at, ends_at = activity.starts_at, activity.ends_at
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        yield Fault("ends_at", f"{ends_at.isoformat()} is before starts_at, {starts_at.isoformat()}")
    for field in ("programs", "channels", "service_types"):
        if field in document and not getattr(activity, field):
            yield Fault(field, "is empty, so nothing would count: list at least one, or leave it out for all")
    yield from gift_faults(activity.gifts, "gifts")


class OfNoOrder(Activity, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A type that no order counts in: of what restricts orders, only the values that restrict nothing are accepted."""

    stores: Literal["all"] = "all"
    not_with: NotWith = NotWith()


def restricting_faults(activity: OfNoOrder, what: str) -> Iterator[Fault]:
    """Faults of a type that no order counts in. `what`: what it is, and where the spec says so."""
    no_order = f"restricts orders, and {what}: leave it out"
    if activity.channels and set(activity.channels) != CHANNELS:
        yield Fault("channels", no_order)
    if activity.service_types and set(activity.service_types) != SERVICE_TYPES:
        yield Fault("service_types", no_order)
    if activity.not_with != NotWith():
        yield Fault("not_with", no_order)


def activity_references(activity: Activity, whole: WholeSet) -> Iterator[Fault]:
    """References of any type of activity that lead nowhere."""
    if not whole.places["program"] and not activity.programs:
        yield Fault("programs", "there is no program, so nobody could take part: add a document of kind: program")
    for position, code in enumerate(activity.programs):
        yield from whole.missing("program", code, f"programs[{position}]")
    yield from gift_references(activity.gifts, "gifts", whole)
    yield from within_budget(activity, activity.gifts, "gifts", whole)
    yield from _ends_at_midnight(activity, whole)


def _ends_at_midnight(activity: Activity, whole: WholeSet) -> Iterator[Fault]:
    """A warning of an end that is a midnight, as it is written or in the activity's zone: the whole day was meant (spec 2.1)."""
    if activity.ends_at is None:
        return
    zone = zone_of(activity.timezone or getattr(_first_program(activity, whole), "timezone", None))
    written = activity.ends_at
    # In its first and its last year the calendar may have no such day elsewhere.
    shown = [written, written.astimezone(zone)] if MINYEAR < written.year < MAXYEAR else [written]
    midnight = next((each for each in shown if each.time() == time()), None)
    if midnight is not None:
        last = midnight.replace(hour=23, minute=59, second=59).isoformat()
        message = f"is a midnight, so of this day only the first second is in it: for the whole day write {last}"
        yield Fault("ends_at", message, warning=True)


def _first_program(activity: Activity, whole: WholeSet) -> object | None:
    """The program whose currency and timezone hold where an activity names none; None where it is not known."""
    listed = activity.programs or whole.default_programs or tuple(whole.places["program"])[:1]
    return whole.definition("program", listed[0]) if listed else None


def within_budget(activity: Activity, gifts: Sequence[Gift], path: str, whole: WholeSet) -> Iterator[Fault]:
    """Gifts of any type of activity that cannot be weighed against its budget."""
    currency: str | None = activity.currency
    if currency is None:
        currency = getattr(_first_program(activity, whole), "currency", None)
    yield from budget_faults(activity.limits, currency, gifts, path, whole)


def dates(activity: Activity) -> tuple[int, int]:
    """From when (epoch us) and until before when (epoch ms) it runs by its own dates."""
    from_us = ALWAYS_US if activity.starts_at is None else epoch_us(activity.starts_at)
    # That whole second (spec 2.1).
    until_ms = NEVER_MS if activity.ends_at is None else (epoch_ms(activity.ends_at) // 1000 + 1) * 1000
    return from_us, until_ms


def changed_of_activity(_before: Activity, after: Activity) -> str | None:
    """The field, common to all types, that must stay once an activity was launched (spec 2.5): it is no draft again."""
    return "draft" if after.draft else None
