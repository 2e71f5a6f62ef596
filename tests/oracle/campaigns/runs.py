"""Runs of bulk activities (spec 2.9)."""

from __future__ import annotations

from ..times import DAY_US, parse, to_us
from .calendars import periods, start_in
from .counting import is_running
from .grants import give, make
from .life import EVER, Chain, Version
from .segments import matches
from .state import State


def next_run(state: State, now: int) -> tuple[int, str, str, Version] | None:
    found = []
    for chain in state.definitions.of("activity"):
        if chain.versions[-1].document["type"] != "bulk":
            continue
        if chain.code not in state.next_starts:
            state.next_starts[chain.code] = _next_start(state, chain, now)
        start = state.next_starts[chain.code]
        if start is not None:
            found.append((start[0], chain.code, start[1], start[2]))
    return min(found, key=lambda each: each[:2], default=None)


def _next_start(state: State, chain: Chain, now: int) -> tuple[int, str, Version] | None:
    """The first start after the clock, of a period that has not started. Versions of a bulk keep its cycle."""
    after = state.clock if state.clock != EVER else now - 40 * DAY_US
    once = "every" not in chain.versions[-1].document["schedule"]
    for name, first_day in periods(chain.versions[-1].document["schedule"], after, state.zone(chain.versions[-1].document)):
        if (chain.code, name) in state.started:
            continue
        starts = []
        # A draft may have been of another type.
        for version in [each for each in chain.versions if each.document["type"] == "bulk"]:
            zone = state.zone(version.document)
            start = start_in(version.document["schedule"], first_day, zone)
            if (start > after or (once and state.clock == EVER)) and chain.at(start) is version and _may_run(state, version, start):
                starts.append((start, version.number, version))
        if starts:
            start, _, version = min(starts)
            return start, name, version
    return None


def _may_run(state: State, version: Version, start: int) -> bool:
    document = version.document
    if start < version.known:
        return False
    starts_at, ends_at = document.get("starts_at"), document.get("ends_at")
    if starts_at is not None and start < to_us(parse(starts_at)):
        return False
    if ends_at is not None and start >= to_us(parse(ends_at)) // 1_000_000 * 1_000_000 + 1_000_000:
        return False
    return is_running(version)


def run_now(state: State, start: int, code: str, name: str, version: Version, *, nobody: bool) -> None:
    state.started.add((code, name))
    state.clock = max(state.clock, start) if not nobody else state.clock
    del state.next_starts[code]
    document = version.document
    saved = {chain.code: chain.at(start) for chain in state.definitions.of("segment")}
    segments = {each: version.document["segment"] for each, version in saved.items() if version is not None}
    # What was to start before the first time that is told was before there was anybody.
    for member_id in [] if nobody else sorted(state.members):
        member = state.members[member_id]
        if document.get("programs") is not None and not set(document["programs"]) & set(member.programs):
            continue
        if matches(document["segment"], member, start, state.zone(document), segments, state.default()):
            give(state, make(state, version, member, name, start, document["gifts"], run=name), document, start)
