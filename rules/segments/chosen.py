"""Members by their ids, and segments that were saved (spec 5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.definitions.checking.fault import Fault
from rules.definitions.checking.whole_set import WholeSet
from rules.segments.predicate import AsOf, Matches, Predicate, each_of, is_code, is_id, listed
from rules.state import Member


def _members_faults(value: Any, path: str) -> Iterator[Fault]:
    return each_of(value, path, "a member's id", is_id)


def _members(value: Any) -> Matches:
    ids = frozenset(map(str, listed(value)))
    return lambda member_id, _, __: member_id in ids


def _saved_faults(value: Any, path: str) -> Iterator[Fault]:
    return each_of(value, path, "the code of a saved segment", is_code)


def _saved(value: Any) -> Matches:
    codes = tuple(listed(value))

    def matches(member_id: str, member: Member, as_of: AsOf) -> bool:
        return any(_is_in(code, member_id, member, as_of) for code in codes)

    return matches


def _is_in(code: str, member_id: str, member: Member, as_of: AsOf) -> bool:
    """Whether a member is in a saved segment as it stands then; nobody is in one that there is not, or that leads back to itself."""
    segment = as_of.rulebook.segment(code, as_of.at_ms)
    if segment is None or code in as_of.asking:
        return False
    as_of.asking.add(code)
    try:
        return segment.matches(member_id, member, as_of)
    finally:
        as_of.asking.discard(code)


def _saved_references(value: Any, path: str, whole: WholeSet) -> Iterator[Fault]:
    for code in listed(value):
        yield from whole.missing("segment", code, path)


MEMBERS = Predicate(_members_faults, _members)
SAVED = Predicate(_saved_faults, _saved, _saved_references)
