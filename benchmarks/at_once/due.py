"""Refunds that wait for orders which never come, all given up at one instant."""

from __future__ import annotations

from datetime import datetime, timedelta

from benchmarks.at_once.beside_orders import at_once
from benchmarks.at_once.scenario import Json, Scenario, member_of
from benchmarks.bench import Bench
from benchmarks.sections import Result

_LATE = timedelta(days=35)


def due(bench: Bench) -> Result:
    """So many held refunds, beside orders."""
    return at_once(bench, "Many due at one instant", GIVEN_UP)


def _refund(number: int, instant: datetime) -> tuple[str, Json]:
    at = (instant - _LATE).isoformat()
    document = {
        "type": "refund",
        "refund_id": f"r{number}",
        "order_id": "never",
        "channel": "pos",
        "store_id": "shop-1",
        "member_id": member_of(number),
        "refunded_at": at,
        "received_at": at,
        "currency": "GBP",
        "lines": [{"sku": "x", "quantity": 1, "amount": 1}],
        "total": 1,
    }
    return "pos.orders", document


GIVEN_UP = Scenario("held refunds given up", "dead-letters", _refund)
