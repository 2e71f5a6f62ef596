"""Who is in a segment (spec 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..times import parse, to_us
from .calendars import local

Document = dict[str, Any]


@dataclass
class Member:
    id: str
    registered_us: int
    programs: dict[str, int | None]
    profile: Document = field(default_factory=dict)
    purchases: int = 0
    last_order_us: int | None = None
    channels: set[str] = field(default_factory=set)
    spent: dict[str, int] = field(default_factory=dict)  # by program, signed
    level: dict[str, str | None] = field(default_factory=dict)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _within(bounds: Document, number: int) -> bool:
    return bounds.get("at_least", number) <= number and (bounds.get("below") is None or number < bounds["below"])


def matches(segment: Any, member: Member, at_us: int, zone: str, saved: dict[str, Any], default: str | None) -> bool:
    """As of a start, in the activity's zone. `saved`: saved segments by code; `default`: the default program."""
    if segment == "all":
        return True
    ((key, value),) = segment.items()

    def also(each: Any) -> bool:
        return matches(each, member, at_us, zone, saved, default)

    match key:
        case "all":
            return all(also(each) for each in value)
        case "any":
            return any(also(each) for each in value)
        case "not":
            return not also(value)
        case "saved":
            return any(also(saved[code]) for code in _several(value))
        case "program":
            return any(code in member.programs and (member.programs[code] or at_us) <= at_us for code in _several(value))
        case "level":
            return any(_holds(member, *each.split("/")) for each in _several(value))
        case "tag":
            return any(tag in member.profile.get("tags", []) for tag in _several(value))
        case "registered":
            since = "since" not in value or to_us(parse(value["since"])) <= member.registered_us
            return since and ("before" not in value or member.registered_us < to_us(parse(value["before"])))
        case "registered_channel":
            return member.profile.get("registered_channel") in _several(value)
        case "channel":
            return any(channel in member.channels for channel in _several(value))
        case "birthday_month":
            months = [local(at_us, zone).month if month == "current" else month for month in _several(value)]
            birthday = member.profile.get("birthday")
            return birthday is not None and int(birthday[-5:-3]) in months
        case "spent":
            return _within(value, max(0, member.spent.get(value.get("program", default), 0)))
        case "orders":
            return _within(value, member.purchases)
        case "days_since_last_order":
            if member.last_order_us is None:
                return False
            days = (local(at_us, zone).date() - local(member.last_order_us, zone).date()).days
            return _within(value, max(0, days))
        case "members":
            return member.id in value
    raise ValueError(key)


def _holds(member: Member, program: str, level: str) -> bool:
    held = member.level.get(program)
    return held is not None and level in ("*", held)
