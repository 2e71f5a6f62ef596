"""What a member bought: how often, on which channels, and how long ago (spec 5). Refunds change nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.definitions.checking.fault import Fault
from rules.segments.predicate import AsOf, Matches, Predicate, each_of, listed, number_faults, within
from rules.segments.profile import is_channel
from rules.state import MINUTE_MS, ON_POS, ONLINE, PURCHASE, Member

_BITS = {"pos": ON_POS, "online": ONLINE}


def _channel_faults(value: Any, path: str) -> Iterator[Fault]:
    return each_of(value, path, "pos or online", is_channel)


def _channel(value: Any) -> Matches:
    wanted = 0
    for channel in listed(value):
        wanted |= _BITS[channel]

    def matches(_: str, member: Member, __: AsOf) -> bool:
        return member.purchases & wanted != 0

    return matches


def _number_faults(value: Any, path: str) -> Iterator[Fault]:
    return number_faults(value, path)


def _orders(value: Any) -> Matches:
    is_within = within(value)

    def matches(_: str, member: Member, __: AsOf) -> bool:
        return is_within(member.purchases // PURCHASE)

    return matches


def _days_since_last_order(value: Any) -> Matches:
    is_within = within(value)

    def matches(_: str, member: Member, as_of: AsOf) -> bool:
        if not member.purchases:
            return False
        days = as_of.today - as_of.day_of(member.last_bought_min * MINUTE_MS)
        return is_within(days if days > 0 else 0)

    return matches


CHANNEL = Predicate(_channel_faults, _channel)
ORDERS = Predicate(_number_faults, _orders)
DAYS_SINCE_LAST_ORDER = Predicate(_number_faults, _days_since_last_order)
