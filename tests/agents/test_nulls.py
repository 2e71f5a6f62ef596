"""A field that holds null is one that was left out, in definitions too (spec 1.1)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import RELEASES
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend, upgrade

Document = dict[str, Any]
CUP = {"kind": "coupon", "code": "cup", "name": "Cup", "value": 300, "currency": "GBP"}
GIFT = {"kind": "coupon", "coupon": "cup"}
NULLS = {"quantity": None, "release": None, "claim": None, "validity": None}
BULK = {"kind": "activity", "type": "bulk", "code": "b", "name": "B", "segment": "all", "schedule": {"every": "day", "at": "10:00"}}


def steps(gift: Document) -> Document:
    condition = {"items": "any", "mode": "once", "measure": "amount", "steps": [{"threshold": 100, "gifts": [gift]}]}
    document = spend(condition=condition) | {"notify": None}
    del document["gifts"]
    return document


@pytest.mark.parametrize(
    "of",
    [
        lambda gift: spend(gifts=[gift], notify=None, ends_at=None),
        steps,
        lambda gift: upgrade("classic/one", gifts=[gift]),
        lambda gift: BULK | {"gifts": [gift]},
    ],
    ids=["spend", "steps", "upgrade", "bulk"],
)
def test_a_null_of_a_gift_is_its_default(of: Any) -> None:
    came = []
    for gift in (GIFT, GIFT | NULLS):
        folding = Folding([program(100), CUP, of(gift)], DocumentsClock(), figures=True)
        for document in (order("o", at(1), ("x", 1, 100)), order("p", at(2), ("x", 1, 1))):
            folding.take(document)
        folding.turn()
        folding.end()
        came.append((folding.grants(), folding.values(RELEASES), folding.performance(), folding.reasons()))
    left_out, null = came
    assert null == left_out and null[2][0]["coupons"] == {"cup": 1}
