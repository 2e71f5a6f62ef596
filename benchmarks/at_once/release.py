"""Gifts that wait for midnight, all released then (spec 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from benchmarks.at_once.beside_orders import at_once
from benchmarks.at_once.scenario import Json, Scenario, purchase
from benchmarks.at_once.zone import ZONE
from benchmarks.bench import Bench
from benchmarks.sections import Result

_STORE = "s-midnight"
_AMOUNT = 1_000


def release(bench: Bench) -> Result:
    """A gift of each, whose ground is looked at."""
    return at_once(bench, "Gifts due at one midnight", RELEASED)


def _bought(number: int, instant: datetime) -> tuple[str, Json]:
    return purchase(number, instant - timedelta(hours=1), _AMOUNT, store_id=_STORE)


def _definitions(_: datetime) -> Mapping[str, Json]:
    return {
        "midnight.yaml": {
            "kind": "activity",
            "type": "cumulative_spend",
            "code": "midnight",
            "name": "A cake from tomorrow on",
            "timezone": ZONE,
            "stores": {"stores": [_STORE]},
            "condition": {"items": "any", "mode": "every", "measure": "amount", "threshold": _AMOUNT},
            "gifts": [{"kind": "coupon", "coupon": "cake", "quantity": 1, "release": "daily", "validity": {"days": 7}}],
        }
    }


RELEASED = Scenario("gifts released", "releases", _bought, _definitions)
