"""Terms of levels that end at one midnight (spec 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from benchmarks.at_once.beside_orders import at_once
from benchmarks.at_once.scenario import Json, Scenario, own_program, purchase
from benchmarks.at_once.zone import ZONE
from benchmarks.bench import Bench
from benchmarks.sections import Result

# A level that is gained so long before midnight is held until then, and one of the orders beside, a month old, is gained no more.
_TERM: Json = {"standard": {"mode": "each"}, "validity": {"days": 1}, "timezone": ZONE}
_GAINED = timedelta(hours=30)
_AMOUNT = 6_000


def terms(bench: Bench) -> Result:
    """A term of each, judged afresh: nothing that counts in it was bought."""
    return at_once(bench, "Terms that end at one midnight", ENDED)


def _bought(number: int, instant: datetime) -> tuple[str, Json]:
    return purchase(number, instant - _GAINED, _AMOUNT)


def _definitions(_: datetime) -> Mapping[str, Json]:
    return {"program.yaml": own_program() | _TERM}


ENDED = Scenario("terms ended", "levels", _bought, _definitions)
