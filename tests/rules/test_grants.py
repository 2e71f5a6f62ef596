"""Progress and ordinals: the four conditions, steps, refunds, and versions (spec 2.2, 2.4, 2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.definitions.saved import Saved
from rules.rulebook.chains import LATER_VERSION_DELAY_MS
from rules.rulebook.rulebook import Rulebook
from tests.folding import Folding
from tests.oracle.examples import GIFTS, at, order, program, refund, spend

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
DAY_MS = 86_400_000
ONCE = {"items": "any", "mode": "once", "measure": "amount", "threshold": 100}


def play(rules: list[dict[str, Any]], *documents: dict[str, Any]) -> Folding:
    folding = Folding(rules)
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    return folding


def ordinals(folding: Folding) -> list[tuple[int, str]]:
    return [(grant["ordinal"], grant["order_id"]) for grant in folding.grants()]


def amounts(*each: int) -> list[dict[str, Any]]:
    return [order(f"o{number}", at(1), ("x", 1, amount)) for number, amount in enumerate(each)]


def test_every_whole_threshold_is_a_grant_and_one_order_can_pass_several() -> None:
    assert ordinals(play([program(), spend()], *amounts(99, 1, 350, 49))) == [(1, "o1"), (2, "o2"), (3, "o2"), (4, "o2")]


def test_once_is_once() -> None:
    assert ordinals(play([program(), spend(condition=ONCE)], *amounts(99, 500, 500))) == [(1, "o1")]


def test_pieces_of_free_lines_do_not_count() -> None:
    rules = [program(), spend(measure="pieces", threshold=3)]
    folding = play(rules, order("a", at(1), ("x", 2, 10), ("x", 5, 0)), order("b", at(1), ("y", 1, 1)))
    assert ordinals(folding) == [(1, "b")] and folding.progress() == {("spend", "ann"): 3}


def test_designated_items_count_alone() -> None:
    included = spend(item_scope={"include": ["x", "y"]})
    excluded = spend(item_scope={"exclude": ["x"]}, code="others")
    folding = play([program(), included, excluded], order("a", at(1), ("x", 1, 10), ("y", 1, 20), ("z", 1, 40)))
    assert folding.progress() == {("spend", "ann"): 30, ("others", "ann"): 60}


def test_steps_have_ordinals_and_gifts_of_their_own() -> None:
    def gifts(points: int) -> list[dict[str, Any]]:
        return [{"kind": "points", "points": points, "release": "instant"}]

    steps = [{"threshold": 50, "gifts": gifts(1)}, {"threshold": 100, "gifts": gifts(2)}, {"threshold": 400, "gifts": gifts(3)}]
    condition = {"items": "any", "mode": "once", "measure": "amount", "steps": steps}
    activity = spend(condition=condition)
    del activity["gifts"]
    folding = play([program(), activity], *amounts(20, 100, 1_000, 1_000))
    assert ordinals(folding) == [(1, "o1"), (2, "o1"), (3, "o2")]
    assert [grant["gifts"][0]["points"] for grant in folding.grants()] == [1, 2, 3]


def test_a_refund_lowers_progress_and_takes_no_gift_back_nor_gives_one_twice() -> None:
    bought = amounts(250)
    back = refund("r", "o0", at(1), ("x", 1, 200))
    folding = play([program(), spend()], *bought, back, *amounts(0, 249)[1:], order("last", at(1), ("x", 1, 1)))
    # 250, then 50, 299: ordinals 1 and 2 are given; 300 is the third.
    assert ordinals(folding) == [(1, "o0"), (2, "o0"), (3, "last")]


def test_a_grant_says_what_it_is_for() -> None:
    (grant,) = play([program(), spend(notify={"mini_programs": ["main"]})], *amounts(100)).grants()
    assert grant == {
        "grant_id": "spend/ann/1",
        "activity": "spend",
        "member_id": "ann",
        "ordinal": 1,
        "order_id": "o0",
        "occurred_at": at(1),
        "gifts": GIFTS,
        "version": 1,
        "level": None,
        "notify": None,
        "released_at": at(1),
        "valid": None,
    }


def test_a_crossing_is_told_with_the_progress() -> None:
    (crossed,) = play([program(), spend()], *amounts(250)).thresholds()
    assert (crossed["first"], crossed["last"], crossed["progress"]) == (1, 2, 250)


@pytest.mark.parametrize("member_id", ["a/b", "a%2Fb", "a", "é 名"])
def test_no_two_members_share_a_grants_id(member_id: str) -> None:
    order_ = order("o", at(1), ("x", 1, 100), member_id=member_id)
    other = order("o", at(1), ("x", 1, 100), member_id="a%2Fb" if member_id == "a/b" else "a/b")
    ids = [grant["grant_id"] for grant in play([program(), spend()], order_, other).grants()]
    assert len(set(ids)) == 2 and all(id_.count("/") == 2 for id_ in ids)


@pytest.mark.parametrize(
    ("old", "new", "before", "after", "ordinals_after"),
    [
        (100, 50, [90], [9, 1], [(1, "b1")]),  # spec 2.5: the next gift at 100
        (100, 200, [250], [149, 1], [(3, "b1")]),  # two gifts, the third at 400
        (100, 100, [150], [50, 99, 1], [(2, "b0"), (3, "b2")]),
    ],
)
def test_an_adjusted_threshold_never_grants_for_what_was_spent(
    old: int, new: int, before: list[int], after: list[int], ordinals_after: list[tuple[int, str]]
) -> None:
    documents = [program(), spend(threshold=old)]
    folding = Folding(documents)
    for number, amount in enumerate(before):
        folding.take(order(f"a{number}", at(1), ("x", 1, amount)), now_ms=NOON_MS)
    folding.turn()
    given = len(folding.grants())
    saved = [
        Saved(kind=each["kind"], code=each["code"], version=version, saved_at_ms=saved_at_ms, document=each)
        for version, saved_at_ms, each in [
            (1, 0, documents[0]),
            (1, 0, documents[1]),
            (2, NOON_MS + DAY_MS - LATER_VERSION_DELAY_MS, spend(threshold=new)),
        ]
    ]
    folding.rulebook = Rulebook(enumerate(saved))
    for number, amount in enumerate(after):
        folding.take(order(f"b{number}", at(2), ("x", 1, amount)), now_ms=NOON_MS + DAY_MS)
    folding.turn()
    assert ordinals(folding)[given:] == ordinals_after
