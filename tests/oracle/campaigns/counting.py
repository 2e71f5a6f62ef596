"""Which activities an order counts for, and what has been earned by it (spec 2.3, 2.5)."""

from __future__ import annotations

from typing import Any

from ..qualifying import contribution, counts_for, in_scope
from .life import Version
from .segments import Member
from .state import State

Document = dict[str, Any]


def counted(state: State, member: Member, order: Document) -> list[tuple[Version, Document, int]]:
    found = []
    for chain in state.definitions.of("activity"):
        version = chain.at(order["at"])
        if version is None or version.document["type"] != "cumulative_spend" or not is_running(version):
            continue
        activity = state.definitions.prepared(version.document, order["at"])
        if counts_for(activity, order, member.programs):
            adds = contribution(activity, order["lines"])
            if adds > 0:
                found.append((version, activity, adds))
    return found


def earned(state: State, code: str, member_id: str) -> int:
    """By `every` (spec 2.5)."""
    sums, grants, before = state.sums[(code, member_id)], 0, 0
    for version in state.definitions.chains[("activity", code)].versions:
        if version.number not in sums:
            continue
        threshold = version.document["condition"]["threshold"]
        after = before + sums[version.number]
        grants += max(0, after) // threshold - max(0, before) // threshold
        before = after
    return grants


def is_running(version: Version) -> bool:
    return version.state == "running" and not version.document.get("draft", False)


def money(activity: Document, lines: list[Document]) -> int:
    return sum(int(line["amount"]) for line in lines if in_scope(activity, line["sku"]))
