"""Levels by all that was spent, and what is given for one that is gained."""

from __future__ import annotations

from typing import Any

from ..qualifying import in_dates
from .counting import is_running
from .grants import give, make
from .segments import Member
from .state import State

Document = dict[str, Any]


def registered(state: State, member_id: str, at_us: int) -> Member:
    if member_id not in state.members:
        default = state.default()
        member = Member(member_id, at_us, {} if default is None else {default: None})
        state.members[member_id] = member
        for program in member.programs:
            judge(state, member, program, None)
    return state.members[member_id]


def judge(state: State, member: Member, code: str, cause: Document | None) -> None:
    program = state.program(code)
    if program is None:
        return
    ladder = [level for level, _ in program["ladder"]]
    total = max(0, member.spent.get(code, 0))
    reached = max((n for n, (_, threshold) in enumerate(program["ladder"], 1) if threshold <= total), default=0)
    held = member.level.get(code)
    before = ladder.index(held) + 1 if held is not None else 0
    member.level[code] = ladder[reached - 1] if reached else None
    if cause is not None:
        for level in ladder[before:reached]:
            _gained(state, member, code, level, cause)


def _gained(state: State, member: Member, program: str, level: str, cause: Document) -> None:
    name = f"{program}/{level}"
    state.gains[(member.id, name)] += 1
    for chain in state.definitions.of("activity"):
        version = chain.at(cause["at"])
        if version is None or version.document["type"] != "tier_upgrade" or not is_running(version):
            continue
        activity = state.definitions.prepared(version.document)
        if not {name, f"{program}/*"} & activity["levels"] or not in_dates(activity, cause["at"]):
            continue
        if activity["programs"] is not None and program not in activity["programs"]:
            continue
        rest = name
        if activity["regain"]:
            rest += f"/{state.gains[(member.id, name)]}"
        if (chain.code, member.id, rest) in state.fired:
            continue
        state.fired.add((chain.code, member.id, rest))
        if cause.get("imported", False):
            continue
        grant = make(state, version, member, rest, cause["at"], activity["gifts"], level=name, order_id=cause.get("order_id"))
        give(state, grant, version.document, state.clock)
