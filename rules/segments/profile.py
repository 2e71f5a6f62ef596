"""What is known of a member himself: tags, birthday, when and where he was registered (spec 1.7, 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from rules.definitions.checking.fault import Fault, shown
from rules.definitions.fields import CHANNELS, Time
from rules.finer import registered_us
from rules.segments.predicate import AsOf, Matches, Predicate, bound_faults, each_of, is_id, listed
from rules.state import ALWAYS_US, NEVER_MS, Member
from rules.times import epoch_us

# The start's local month.
_CURRENT = "current"


def _tag_faults(value: Any, path: str) -> Iterator[Fault]:
    return each_of(value, path, "a tag", is_id)


def _tag(value: Any) -> Matches:
    tags = frozenset(map(str, listed(value)))

    def matches(_: str, member: Member, __: AsOf) -> bool:
        profile = member.seldom.profile
        return profile is not None and not tags.isdisjoint(profile.tags)

    return matches


def _read_time(value: Any) -> datetime | None:
    try:
        return msgspec.convert(value, Time)
    except msgspec.ValidationError:
        return None


def _registered_faults(value: Any, path: str) -> Iterator[Fault]:
    yield from bound_faults(value, path, ("since", "before"))
    if not isinstance(value, Mapping):
        return
    for name in ("since", "before"):
        if name in value and _read_time(value[name]) is None:
            expected = "a time with an offset, such as 2010-12-01T00:00:00+00:00"
            yield Fault(f"{path}.{name}", f"expected {expected}; got {shown(value[name])}")


def _registered(value: Any) -> Matches:
    since, before = _read_time(value.get("since")), _read_time(value.get("before"))
    since_us = ALWAYS_US if since is None else epoch_us(since)
    before_us = NEVER_MS if before is None else epoch_us(before)

    def matches(_: str, member: Member, __: AsOf) -> bool:
        return since_us <= registered_us(member) < before_us

    return matches


def is_channel(value: Any) -> bool:
    """Whether it is pos or online."""
    return isinstance(value, str) and value in CHANNELS


def _registered_channel_faults(value: Any, path: str) -> Iterator[Fault]:
    return each_of(value, path, "pos or online", is_channel)


def _registered_channel(value: Any) -> Matches:
    channels = frozenset(listed(value))

    def matches(_: str, member: Member, __: AsOf) -> bool:
        profile = member.seldom.profile
        return profile is not None and profile.registered_channel in channels

    return matches


def _is_month(value: Any) -> bool:
    return value == _CURRENT or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 12)


def _birthday_month_faults(value: Any, path: str) -> Iterator[Fault]:
    return each_of(value, path, "a month from 1 to 12, or current", _is_month)


def _birthday_month(value: Any) -> Matches:
    months = frozenset(listed(value))

    def matches(_: str, member: Member, as_of: AsOf) -> bool:
        profile = member.seldom.profile
        if profile is None or not profile.birthday:
            return False
        month = int(profile.birthday[-5:-3])
        return month in months or (_CURRENT in months and month == as_of.month)

    return matches


TAG = Predicate(_tag_faults, _tag)
REGISTERED = Predicate(_registered_faults, _registered)
REGISTERED_CHANNEL = Predicate(_registered_channel_faults, _registered_channel)
BIRTHDAY_MONTH = Predicate(_birthday_month_faults, _birthday_month)
