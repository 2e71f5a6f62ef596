"""Test sends through the fold (spec 2.9)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend
from tests.releases import release_rows

Document = dict[str, Any]
GIFTS = [{"kind": "points", "points": 5, "release": "daily"}, {"kind": "points", "points": 6, "claim": "member"}]
OTHERS = [{"kind": "points", "points": 7}, {"kind": "points", "points": 8, "claim": "member"}]
BULK: Document = {
    "kind": "activity",
    "type": "bulk",
    "code": "b",
    "name": "B",
    "draft": True,
    "segment": "all",
    "schedule": {"every": "day", "at": "10:00"},
    "gifts": GIFTS,
    "limits": {"per_member": 1, "total": 1},
}
STEPS = spend("once", code="s")
STEPS["condition"] = {
    "items": "any",
    "mode": "once",
    "measure": "amount",
    "steps": [{"threshold": 5, "gifts": GIFTS}, {"threshold": 9, "gifts": OTHERS}],
}
del STEPS["gifts"]


def sent(test_id: str = "t", **more: Any) -> Document:
    return {"type": "test_send", "test_id": test_id, "activity": "b", "member_id": "ann", "sent_at": at(1)} | more


def changed(change: str, day: int = 1, **more: Any) -> Document:
    return {"type": "change", "change": change, "kind": "activity", "code": "b", "saved_at": at(day), "saved_by": "eva"} | more


def claim(grant_id: str, **more: Any) -> Document:
    return {"type": "claim", "member_id": "ann", "grant_id": grant_id, "claimed_at": at(2)} | more


def played(*documents: Document) -> Folding:
    folding = Folding([program(100), BULK, STEPS], DocumentsClock())
    folding.take(order("o", at(1), ("x", 1, 1)))
    for document in documents:
        folding.take(document, topic=MEMBERS)
    folding.turn()
    return folding


def made(folding: Folding) -> list[tuple[str, int]]:
    return [(grant["grant_id"], grant["version"]) for grant in folding.grants()]


def test_all_gifts_are_released_at_once_and_no_limit_holds() -> None:
    folding = played(sent("t1"), sent("t2"), claim("b/ann/test/t1", gift=2))
    assert made(folding) == [("b/ann/test/t1", 1), ("b/ann/test/t2", 1)]
    assert [grant["test"] for grant in folding.grants()] == ["t1", "t2"]
    assert "run" not in folding.grants()[0]
    rows = release_rows(folding.grants(), folding.values("releases"))
    assert [(row["released_at"], row["claimed_at"]) for row in rows] == [
        (at(1), at(1)),
        (at(1), at(2)),
        (at(1), at(1)),
        (at(1), None),
    ]


def test_a_test_id_is_sent_to_a_member_once_whatever_it_is_of() -> None:
    save = changed("save", document=BULK | {"name": "Another"})
    folding = played(sent(), save, sent(version=2), sent(version=1), sent("other"))
    assert made(folding) == [("b/ann/test/t", 1), ("b/ann/test/other", 2)]
    assert folding.reasons() == []


@pytest.mark.parametrize(
    "wrong", [{"activity": "none"}, {"version": 2}, {"version": 0}, {"member_id": "nobody", "activity": "none"}]
)
def test_what_cannot_be_sent_is_invalid(wrong: Document) -> None:
    folding = played(sent(**wrong))
    assert (folding.reasons(), folding.grants()) == (["invalid"], [])


def test_of_steps_all_gifts_are_sent() -> None:
    folding = played(sent(activity="s"), claim("s/ann/test/t", gift=4), claim("s/ann/test/t", gift=5))
    assert folding.grants()[0]["gifts"] == [*GIFTS, *OTHERS]
    rows = release_rows(folding.grants(), folding.values("releases"))
    assert [(row["released_at"], row["claimed_at"]) for row in rows] == [
        (at(1), at(1)),
        (at(1), None),
        (at(1), at(1)),
        (at(1), at(2)),
    ]
    assert folding.reasons() == ["unknown_grant"]


def test_a_claim_names_the_activity_that_was_sent() -> None:
    folding = played(sent(), claim("b/ann/test/t"), claim("s/ann/test/t"))
    assert folding.reasons() == ["unknown_grant"]


def test_paused_versions_are_sent_and_archived_ones_are_not() -> None:
    folding = played(changed("pause"), sent("t2"), changed("archive"), sent("t3"), sent("t4", version=1), sent("t5", version=3))
    assert made(folding) == [("b/ann/test/t2", 2), ("b/ann/test/t4", 1)]
    assert folding.reasons() == ["invalid", "invalid"]


def test_who_is_not_there_gets_nothing_and_is_not_registered_but_the_clock_goes_on() -> None:
    folding = played(sent(member_id="bob", sent_at=at(2)), sent(activity="none", sent_at=at(3)))
    assert (folding.reasons(), folding.member("bob")) == (["unknown_member", "invalid"], None)
    assert folding.clock is not None
    assert folding.clock.now_ms == 1_704_283_200_000


def test_one_that_is_late_is_not_sent() -> None:
    folding = played(order("p", at(60), ("x", 1, 1)), sent())
    assert (folding.reasons(), folding.grants()) == (["late"], [])


def test_a_claim_of_what_was_claimed_by_its_release_is_passed_over() -> None:
    folding = played(sent(), claim("b/ann/test/t", gift=1), claim("b/ann/test/other", gift=1))
    assert folding.reasons() == ["unknown_grant"]
