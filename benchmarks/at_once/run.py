"""A run of a bulk that starts at one instant (spec 2.9): of few, and of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from benchmarks.at_once.beside_orders import at_once
from benchmarks.at_once.scenario import Json, Scenario, purchase
from benchmarks.bench import Bench
from benchmarks.sections import Result

_ONE_IN = 100
_BOUGHT = timedelta(days=3)
_AMOUNT = 1_000
# Hardly any of those whose orders go on beside them.
_ALL: Json = {"spent": {"below": _AMOUNT + 1}}
_FEW: Json = {"all": [_ALL, {"days_since_last_order": {"at_least": 2}}, {"channel": "pos"}]}


def run(bench: Bench) -> Result:
    """One in a hundred is granted something, then everybody."""
    return at_once(bench, "A run of a bulk", FEW_GRANTED, ALL_GRANTED)


def _bought(number: int, instant: datetime) -> tuple[str, Json]:
    return purchase(number, instant - _BOUGHT, _AMOUNT, "online" if number % _ONE_IN else "pos")


def _bulk(segment: Json) -> Callable[[datetime], Mapping[str, Json]]:
    def definitions(instant: datetime) -> Mapping[str, Json]:
        return {
            "bulk.yaml": {
                "kind": "activity",
                "type": "bulk",
                "code": "bulk",
                "name": "A coffee for those who are away",
                "segment": segment,
                "schedule": {"at": instant.isoformat()},
                "gifts": [{"kind": "coupon", "coupon": "coffee", "quantity": 1, "validity": {"days": 7}}],
            }
        }

    return definitions


FEW_GRANTED = Scenario(f"one in {_ONE_IN} granted", "gifts", _bought, _bulk(_FEW), one_in=_ONE_IN)
ALL_GRANTED = Scenario("all granted", "gifts", _bought, _bulk(_ALL))
