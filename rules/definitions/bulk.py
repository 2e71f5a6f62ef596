"""An activity that gives to a segment of the members, once or in every day, week or month (spec 2.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

import msgspec
from msgspec import Raw

from rules.bulk.compiled import CompiledBulk
from rules.bulk.schedule import WEEKDAYS, Schedule
from rules.definitions.activity import (
    OfNoOrder,
    activity_faults,
    activity_references,
    changed_of_activity,
    dates,
    restricting_faults,
)
from rules.definitions.checking.fault import Fault, listed, meant, shown
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Time
from rules.definitions.gifts import Gifts, notified
from rules.definitions.kind import Kind
from rules.definitions.saved import Saved
from rules.gifts.terms import compile_terms
from rules.rulebook.programs import Programs
from rules.rulebook.shapes import set_reshaped
from rules.segments.segment import compile_segment, segment_faults, segment_references
from rules.times import epoch_ms, rounded_up_ms

_CYCLES = ("day", "week", "month")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?", re.ASCII)
_LAST_OF_MONTH = 31


class Bulk(OfNoOrder, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="bulk", tag_field="type"):
    """The definition. A run has no store, channel or coupon of its own: only the values that restrict nothing are accepted. `segment`: see
    rules/segments. `schedule`: `{at: time}`, or `{every: day | week | month, at: "10:00", on: monday | 15}`.
    """

    segment: object
    schedule: dict[str, object]
    gifts: Gifts


def _faults(bulk: Bulk, document: Mapping[str, object]) -> Iterator[Fault]:
    yield from activity_faults(bulk, document)
    yield from restricting_faults(bulk, "a run is none (spec 2.9)")
    yield from segment_faults(bulk.segment, "segment")
    yield from _schedule_faults(bulk.schedule)


def _schedule_faults(schedule: Mapping[str, Any]) -> Iterator[Fault]:
    known = ("every", "at", "on")
    for name in schedule:
        if name not in known:
            hint = meant(name, known) or f"; there are {listed(known, 'and')}"
            yield Fault(f"schedule.{name}", f"is not a field here{hint}")
    if "at" not in schedule:
        yield Fault("schedule.at", "is required: a time with an offset, or with every the time of the day, such as '10:00'")
    if "every" not in schedule:
        yield from _once_faults(schedule)
        return
    every, at, on = schedule["every"], schedule.get("at"), schedule.get("on")
    if every not in _CYCLES:
        yield Fault("schedule.every", f"expected {listed(_CYCLES)}, got {shown(every)}; for one run, leave it out")
        return
    if at is not None and not (isinstance(at, str) and _CLOCK.fullmatch(at)):
        yield Fault("schedule.at", f"expected the time of the day in the activity's zone, such as '10:00', got {shown(at)}")
    if every == "week" and on not in WEEKDAYS:
        yield Fault("schedule.on", f"expected {listed(WEEKDAYS)}, got {shown(on)}")
    elif every == "month" and not (isinstance(on, int) and not isinstance(on, bool) and 1 <= on <= _LAST_OF_MONTH):
        yield Fault("schedule.on", f"expected a day of the month from 1 to {_LAST_OF_MONTH}, got {shown(on)}")
    elif every == "day" and on is not None:
        yield Fault("schedule.on", "is for every week and month only: leave it out")


def _once_faults(schedule: Mapping[str, Any]) -> Iterator[Fault]:
    if "on" in schedule:
        yield Fault("schedule.on", "is for every week and month only: leave it out, or say every")
    if "at" in schedule and _read_time(schedule["at"]) is None:
        expected = "a time with an offset, such as 2010-12-01T00:00:00+00:00"
        yield Fault("schedule.at", f"expected {expected}, got {shown(schedule['at'])}; for the time of a day, say every")


def _read_time(value: object) -> Any:
    try:
        return msgspec.convert(value, Time)
    except msgspec.ValidationError:
        return None


def _set_faults(bulk: Bulk, whole: WholeSet) -> Iterator[Fault]:
    yield from activity_references(bulk, whole)
    yield from segment_references(bulk.segment, "segment", whole)


def _changed(before: Bulk, after: Bulk) -> str | None:
    if before.schedule.get("every") != after.schedule.get("every"):
        return "schedule.every"
    return changed_of_activity(before, after)


def compile_schedule(schedule: Mapping[str, Any], timezone: str) -> Schedule:
    """Of a schedule without faults."""
    if "every" not in schedule:
        return Schedule("once", timezone, once_ms=epoch_ms(_read_time(schedule["at"])))
    every, on = schedule["every"], schedule.get("on", 0)
    on = WEEKDAYS.index(on) if every == "week" else on
    return Schedule(every, timezone, at=time.fromisoformat(schedule["at"]), on=on)


def _compile(bulk: Bulk, saved: Saved, ref: int, first_ref: int, programs: Programs) -> CompiledBulk:
    document = saved.document
    from_us, until_ms = dates(bulk)
    _, currency = programs.of_activity(bulk.programs, bulk.currency, first_ref)
    timezone = programs.timezone(bulk.programs, bulk.timezone, first_ref)
    return CompiledBulk(
        ref=ref,
        first_ref=first_ref,
        version=saved.version,
        code=bulk.code,
        # Runs start with a millisecond.
        from_ms=rounded_up_ms(from_us),
        until_ms=until_ms,
        schedule=compile_schedule(bulk.schedule, timezone),
        matches=compile_segment(bulk.segment),
        programs=frozenset(bulk.programs) or None,
        gifts=Raw(msgspec.json.encode(document["gifts"])),
        terms=compile_terms(bulk.gifts, document["gifts"], timezone, bulk.notify),  # type: ignore[arg-type]
        notify=notified(document, bulk.gifts),
        currency=currency,
        limits=None if bulk.limits.none else bulk.limits,
    )


BULK = Kind(
    name="bulk",
    shape=Bulk,
    faults=_faults,
    set_faults=_set_faults,
    changed=_changed,
    compile=_compile,
    link=set_reshaped,
)
