"""What must hold of one program beyond its shape (spec 3.1, 3.2)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.definitions.checking.fault import Fault, shown
from rules.definitions.checking.world import currency_faults, timezone_faults
from rules.definitions.shapes import Program, Standard

PLAN_LEVELS_MAX = {"lite": 0, "starter": 1, "growth": 3, "pro": 5}


def program_faults(program: Program) -> Iterator[Fault]:
    """Faults and warnings of a program of the right shape."""
    yield from currency_faults(program.currency)
    yield from timezone_faults(program.timezone)
    if program.enabled and not any(level.enabled for level in program.levels):
        yield Fault("enabled", "a program without an enabled level cannot be enabled: add or enable one, or leave it out")
    yield from _levels(program)
    yield from _plan(program)
    if program.participating_channels == ():
        yield Fault("participating_channels", "is empty: list at least one, or leave it out for all")


def _levels(program: Program) -> Iterator[Fault]:
    positions: dict[str, int] = {}
    for position, level in enumerate(program.levels):
        first = positions.setdefault(level.code, position)
        if first != position:
            yield Fault(f"levels[{position}].code", f"{shown(level.code)} is the code of levels[{first}] already")
        if level.benefits:
            yield Fault(f"levels[{position}].benefits", "are kept as they are written; none is given to members yet", warning=True)
        if position and level.threshold <= program.levels[position - 1].threshold:
            below = program.levels[position - 1]
            yield Fault(
                f"levels[{position}].threshold",
                f"{level.threshold} does not ascend: {shown(below.code)} below it has {below.threshold}",
                warning=True,
            )


def _plan(program: Program) -> Iterator[Fault]:
    if program.plan is None:
        return
    most, count = PLAN_LEVELS_MAX[program.plan], len(program.levels)
    if count > most:
        yield Fault("levels", f"plan {program.plan} has at most {most}, disabled ones counted; there are {count}")
    if program.plan not in ("lite", "starter"):
        return
    # What else these plans cannot change has one value only as yet, which `rules.definitions.checking.unsupported` sees to.
    changed = {
        "active_from": program.active_from is not None,
        "standard": program.standard != Standard(),
        "participating_channels": program.participating_channels != "all"
        and set(program.participating_channels) != {"pos", "online"},
    }
    for field, is_changed in changed.items():
        if is_changed:
            yield Fault(field, f"plan {program.plan} cannot change this: leave it out")
