"""Changes as lines of a replay: when they are saved, which are late, and that they move the clock whatever comes of them (spec 1.5, 6)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import PAYMENTS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend

LINE = ("x", 1, 100)


def change(name: str, saved_at: str, document: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    about = {"type": "change", "change": name, "kind": "activity", "code": "spend", "saved_at": saved_at, "saved_by": "eva"}
    return about | ({} if document is None else {"document": document}) | more


def play(*documents: dict[str, Any] | bytes) -> Folding:
    folding = Folding([program(), spend()], DocumentsClock())
    for document in documents:
        folding.take(document)
    folding.turn()
    return folding


def versions(folding: Folding) -> list[tuple[str, int]]:
    """Which orders granted, by which version."""
    return [(grant["order_id"], grant["version"]) for grant in folding.grants()]


def test_one_that_comes_late_is_saved_at_the_clock() -> None:
    folding = play(
        order("clock", at(10), LINE),
        change("pause", at(5)),
        order("before", at(9), LINE),
        order("still", at(10, "12:00:09"), LINE),
        order("paused", at(10, "12:00:10"), LINE),
    )
    assert versions(folding) == [("clock", 1), ("before", 1), ("still", 1)] and folding.reasons() == []


def test_one_is_late_as_an_order_is() -> None:
    folding = play(order("clock", at(50), LINE), change("pause", at(15)), change("archive", at(14)), change("resume", at(51)))
    assert folding.reasons() == ["late"]
    chain = folding.rulebook.chain("activity", "spend")
    assert chain is not None and [each.state for each in chain.standing] == ["running", "paused", "running"]


@pytest.mark.parametrize(
    ("moved", "reasons"),
    [
        (change("save", at(50), spend(gifts=[])), ["invalid", "late"]),
        (change("save", at(50), spend(name="Other"), version=7), ["conflict", "late"]),
        (change("resume", at(50)), ["late"]),
        (change("pause", at(50), code="nobody"), ["invalid", "late"]),
        # These are not well-formed.
        (change("explode", at(50)), ["invalid"]),
        (change("save", at(50)), ["invalid"]),
        (change("pause", at(1), received_at="2999-01-01T00:00:00+00:00"), ["invalid"]),
        (change("pause", at(10), received_at=at(8)), ["invalid"]),
    ],
)
def test_one_that_is_well_formed_moves_the_clock_whatever_comes_of_it(moved: dict[str, Any], reasons: list[str]) -> None:
    folding = play(order("clock", at(2), LINE), moved, order("old", at(14), LINE))
    assert folding.reasons() == reasons


def test_what_only_looks_like_one_is_read_as_what_it_is() -> None:
    nested = order("o", at(2), LINE, note={"type": "change"})
    folding = play(nested, b'{"type": "change"', order("change", at(2), LINE, change=5, total=100))
    assert folding.reasons() == ["undecodable"] and [each for each, _ in versions(folding)] == ["o", "change"]


def test_what_is_refused_is_so_by_the_version_of_its_time() -> None:
    plus = {"code": "plus", "name": "Plus", "type": "paid", "price": 700, "paid_validity": {"days": 30}}
    with_plus = program(100) | {"levels": [*program(100)["levels"], plus]}
    folding = Folding([program(100)], DocumentsClock())
    folding.take(change("save", at(5), with_plus, kind="program", code=with_plus["code"]))
    # The clock stands where the version is saved, and does not hold yet.
    payment = {"type": "payment", "payment_id": "p", "member_id": "ann", "level": "plus", "currency": "GBP", "amount": 5}
    folding.take(payment | {"paid_at": at(6)}, topic=PAYMENTS)
    folding.turn()
    assert folding.reasons() == ["wrong_amount"]
