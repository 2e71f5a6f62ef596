"""A segment: who is meant, as marketing writes it, checked and compiled (spec 5). A new predicate is a file, and a line in the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rules.definitions.checking.fault import Fault, listed, meant, shown
from rules.definitions.checking.whole_set import WholeSet
from rules.segments import chosen, profile, programs, purchases
from rules.segments.predicate import AsOf, Matches, Predicate
from rules.state import Member

ALL = "all"
# Nobody nests further, and what is asked for each member is so deep at most.
DEPTH_MAX = 20

PREDICATES: dict[str, Predicate] = {
    "program": programs.PROGRAM,
    "level": programs.LEVEL,
    "tag": profile.TAG,
    "registered": profile.REGISTERED,
    "registered_channel": profile.REGISTERED_CHANNEL,
    "channel": purchases.CHANNEL,
    "birthday_month": profile.BIRTHDAY_MONTH,
    "spent": programs.SPENT,
    "orders": purchases.ORDERS,
    "days_since_last_order": purchases.DAYS_SINCE_LAST_ORDER,
    "members": chosen.MEMBERS,
    "saved": chosen.SAVED,
}
# Those that are made of other segments.
_OF_SEVERAL = ("all", "any")
_NOT = "not"
NAMES = (*_OF_SEVERAL, _NOT, *PREDICATES)


def segment_faults(segment: Any, path: str, depth: int = 0) -> Iterator[Fault]:
    """What is wrong with a segment as it is written."""
    if segment == ALL:
        return
    if not isinstance(segment, Mapping):
        yield Fault(path, f"expected 'all', or an object with one of {listed(NAMES)}; got {shown(segment)}")
        return
    for name in segment:
        if name not in NAMES:
            hint = meant(str(name), NAMES) or f"; there are {listed(NAMES, 'and')}"
            yield Fault(f"{path}.{name}", f"is not a predicate of segments{hint}")
    if len(segment) != 1:
        keys = listed(segment, "and") if segment else "none"
        yield Fault(path, f"expected one key, got {keys}: put several into {{all: [..]}} or {{any: [..]}}")
        return
    if depth >= DEPTH_MAX:
        yield Fault(path, f"is nested more than {DEPTH_MAX} deep: save parts of it as segments, and name them with 'saved'")
        return
    ((name, value),) = segment.items()
    at = f"{path}.{name}"
    if name in PREDICATES:
        yield from PREDICATES[name].faults(value, at)
    elif name == _NOT:
        yield from segment_faults(value, at, depth + 1)
    elif name in _OF_SEVERAL:
        if not isinstance(value, list | tuple) or not value:
            yield Fault(at, f"expected a list of segments, at least one; got {shown(value)}")
            return
        for position, each in enumerate(value):
            yield from segment_faults(each, f"{at}[{position}]", depth + 1)


def segment_references(segment: Any, path: str, whole: WholeSet) -> Iterator[Fault]:
    """What a segment names that the whole set has not; nothing of one with faults."""
    return iter(()) if any(segment_faults(segment, path)) else _references(segment, path, whole)


def _references(segment: Any, path: str, whole: WholeSet) -> Iterator[Fault]:
    if segment == ALL:
        return
    ((name, value),) = segment.items()
    at = f"{path}.{name}"
    if name in PREDICATES:
        yield from PREDICATES[name].references(value, at, whole)
    elif name == _NOT:
        yield from _references(value, at, whole)
    else:
        for position, each in enumerate(value):
            yield from _references(each, f"{at}[{position}]", whole)


def saved_in(segment: Any) -> Iterator[str]:
    """The codes of the saved segments that a segment without faults names."""
    if segment == ALL:
        return
    ((name, value),) = segment.items()
    if name == "saved":
        yield from value if isinstance(value, list | tuple) else (value,)
    elif name == _NOT:
        yield from saved_in(value)
    elif name in _OF_SEVERAL:
        for each in value:
            yield from saved_in(each)


def compile_segment(segment: Any) -> Matches:
    """Who is in a segment without faults."""
    if segment == ALL:
        return _everybody
    ((name, value),) = segment.items()
    if name in PREDICATES:
        return PREDICATES[name].compile(value)
    if name == _NOT:
        return _none_of(compile_segment(value))
    parts = tuple(compile_segment(each) for each in value)
    return _all_of(parts) if name == "all" else _any_of(parts)


def _everybody(_: str, __: Member, ___: AsOf) -> bool:
    return True


def _none_of(part: Matches) -> Matches:
    return lambda member_id, member, as_of: not part(member_id, member, as_of)


def _all_of(parts: tuple[Matches, ...]) -> Matches:
    def matches(member_id: str, member: Member, as_of: AsOf) -> bool:
        return all(part(member_id, member, as_of) for part in parts)

    return matches


def _any_of(parts: tuple[Matches, ...]) -> Matches:
    def matches(member_id: str, member: Member, as_of: AsOf) -> bool:
        return any(part(member_id, member, as_of) for part in parts)

    return matches
