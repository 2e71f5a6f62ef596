"""Members' profiles (spec 1.7)."""

from __future__ import annotations

from typing import Any

from ..times import parse, to_us
from .clock import advance
from .levels import registered
from .merging import delete, merge
from .state import State

Document = dict[str, Any]


def take_profile(state: State, raw: Document) -> None:
    if "registered_at" in raw:
        advance(state, to_us(parse(raw["registered_at"])))
    if raw["member_id"] in state.deleted:
        return
    member = registered(state, raw["member_id"], state.clock)
    if "registered_at" in raw:
        member.registered_us = to_us(parse(raw["registered_at"]))
    if "programs" in raw:
        listed = raw["programs"]
        member.programs = {
            (each if isinstance(each, str) else each["program"]): (
                to_us(parse(each["since"])) if not isinstance(each, str) and "since" in each else None
            )
            for each in listed
        }
    for name, value in _read_profile(raw).items():
        # Only tags and programs are all of them.
        member.profile[name] = member.profile.get(name, {}) | value if isinstance(value, dict) else value
    into = state.resolved(raw["merged_into"]) if raw.get("merged_into") else member.id
    if raw.get("deleted", False):
        delete(state, member.id)
    elif into in state.deleted:
        delete(state, member.id, raw["sent"]["merged_into"])
    elif into != member.id:
        merge(state, member, registered(state, into, state.clock))


def _read_profile(raw: Document) -> Document:
    left_out = ("type", "member_id", "programs", "sent", "merged_into", "deleted")
    return {key: value for key, value in raw.items() if value is not None and key not in left_out}
