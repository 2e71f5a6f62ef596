"""Where a member stands in his programs: which he belongs to, the level he holds, what he spent (spec 3, 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rules.definitions.checking.fault import Fault, shown
from rules.definitions.checking.whole_set import WholeSet
from rules.finer import counts_in
from rules.segments.predicate import AsOf, Matches, Predicate, each_of, is_code, listed, number_faults, within
from rules.state import Member


def _program_faults(value: Any, path: str) -> Iterator[Fault]:
    return each_of(value, path, "a program's code", is_code)


def _program(value: Any) -> Matches:
    codes = frozenset(listed(value))

    def matches(_: str, member: Member, as_of: AsOf) -> bool:
        at_ms = as_of.at_ms
        return any(
            each.program in codes and (each.since_ms <= at_ms or counts_in(member, each, at_ms * 1000))
            for each in member.memberships
        )

    return matches


def _program_references(value: Any, path: str, whole: WholeSet) -> Iterator[Fault]:
    for code in listed(value):
        for fault in whole.missing("program", code, path):
            yield fault._replace(message=f"{fault.message}, so nobody belongs to it", warning=True)


def _is_level(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    program, slash, level = value.partition("/")
    return bool(program and slash and level) and "/" not in level


def _level_faults(value: Any, path: str) -> Iterator[Fault]:
    return each_of(value, path, "program/level, or program/* for any level", _is_level)


def _level(value: Any) -> Matches:
    # By program, the codes of its levels; with None, any of them.
    wanted: dict[str, set[str | None]] = {}
    for reference in listed(value):
        program, _, level = reference.partition("/")
        wanted.setdefault(program, set()).add(None if level == "*" else level)

    def matches(_: str, member: Member, as_of: AsOf) -> bool:
        for membership in member.memberships:
            levels, level = wanted.get(membership.program), membership.level
            if levels is None or level is None or membership.left or not (level in levels or None in levels):
                continue
            program = as_of.rulebook.program_of(member, membership.program, as_of.at_ms)
            # One that is off shows no levels (spec 3.7).
            if program is not None and not program.off:
                return True
        return False

    return matches


def _level_references(value: Any, path: str, whole: WholeSet) -> Iterator[Fault]:
    for reference in listed(value):
        code, _, level = reference.partition("/")
        yield from _program_references(code, path, whole)
        levels = [each.code for each in getattr(whole.definition("program", code), "levels", ())]
        if level != "*" and levels and level not in levels:
            yield Fault(path, f"program {shown(code)} has no level {shown(level)}, so nobody holds it", warning=True)


def _spent_faults(value: Any, path: str) -> Iterator[Fault]:
    yield from number_faults(value, path, ("program",))
    if isinstance(value, Mapping) and not is_code(value.get("program", "-")):
        yield Fault(f"{path}.program", f"expected a program's code; got {shown(value['program'])}")


def _spent(value: Any) -> Matches:
    named, is_within = value.get("program"), within(value)

    def matches(_: str, member: Member, as_of: AsOf) -> bool:
        code = as_of.default_program if named is None else named
        for each in member.memberships:
            if each.program == code:
                return is_within(max(each.spent, 0))
        return is_within(0)

    return matches


def _spent_references(value: Any, path: str, whole: WholeSet) -> Iterator[Fault]:
    if "program" in value:
        yield from _program_references(value["program"], f"{path}.program", whole)


PROGRAM = Predicate(_program_faults, _program, _program_references)
LEVEL = Predicate(_level_faults, _level, _level_references)
SPENT = Predicate(_spent_faults, _spent, _spent_references)
