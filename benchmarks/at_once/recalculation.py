"""A program that is changed for everybody at one instant (spec 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from benchmarks.at_once.beside_orders import at_once
from benchmarks.at_once.scenario import Json, Scenario, own_program, purchase
from benchmarks.bench import Bench
from benchmarks.sections import Result

# Reaches the first level, and does not once it is raised.
_AMOUNT = 6_000
_RAISED = 7_000
_BOUGHT = timedelta(days=3)


def recalculation(bench: Bench) -> Result:
    """Each loses his level."""
    return at_once(bench, "A program changed for everybody", CHANGED)


def _bought(number: int, instant: datetime) -> tuple[str, Json]:
    return purchase(number, instant - _BOUGHT, _AMOUNT)


def _changed(_: datetime) -> Mapping[str, Json]:
    program = own_program()
    lowest, *others = program["levels"]
    return {"program.yaml": program | {"levels": [lowest | {"threshold": _RAISED}, *others]}}


CHANGED = Scenario("levels judged afresh, all of them lost", "levels", _bought, changed=_changed)
