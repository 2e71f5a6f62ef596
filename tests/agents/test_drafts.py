"""A draft may change in everything, its type too, until it is launched (spec 2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS
from tests.folding import Folding
from tests.oracle.examples import at, order, program

Document = dict[str, Any]
ACTIVITY = {"kind": "activity", "code": "a", "name": "A", "gifts": [{"kind": "points", "points": 1, "release": "daily"}]}
TYPES: dict[str, Document] = {
    "cumulative_spend": {"condition": {"items": "any", "mode": "every", "measure": "amount", "threshold": 100}},
    "tier_upgrade": {"levels": ["classic/*"]},
    "bulk": {"segment": "all", "schedule": {"every": "day", "at": "10:00"}},
}
MADE = {"cumulative_spend": "a/ann/1", "tier_upgrade": "a/ann/classic/one", "bulk": "a/ann/2024-01-02"}


def saved(type_: str, day: int, **more: Any) -> Document:
    change = {
        "type": "change",
        "change": "save",
        "kind": "activity",
        "code": "a",
        "saved_at": at(day, "00:00:00"),
        "saved_by": "eva",
    }
    return change | {"document": ACTIVITY | {"type": type_} | TYPES[type_] | more}


@pytest.mark.parametrize("launched", TYPES)
@pytest.mark.parametrize("drafted", TYPES)
def test_a_draft_that_was_of_another_type_counts_as_what_it_was_launched_as(drafted: str, launched: str) -> None:
    folding = Folding([program(100), ACTIVITY | {"type": drafted, "draft": True} | TYPES[drafted]], DocumentsClock(), figures=True)
    for document in (
        {"type": "member", "member_id": "ann"},
        order("before", at(1), ("x", 1, 50)),
        {"type": "test_send", "test_id": "t", "activity": "a", "member_id": "ann", "sent_at": at(1, "13:00:00")},
        saved(launched, 2),
        order("after", at(2), ("x", 1, 100)),
        {"type": "test_send", "test_id": "u", "activity": "a", "version": 1, "member_id": "ann", "sent_at": at(2, "13:00:00")},
    ):
        folding.take(document, topic=MEMBERS)
        folding.turn()
    folding.end()
    assert folding.reasons() == []
    assert {grant["grant_id"] for grant in folding.grants()} == {MADE[launched], "a/ann/test/t", "a/ann/test/u"}
    (performance,) = folding.performance()
    assert performance["grants"] == 1 and performance["points"] == 1
