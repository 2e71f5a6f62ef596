"""Refunds: what was given is taken back where it was given, and never more (spec 1.2, 3.3)."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.thorough import examples

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
DAY_MS = 86_400_000
RULES = [program(50, 200), spend(), spend(code="pieces", measure="pieces"), spend(code="only-x", item_scope={"include": ["x"]})]

LINES = st.lists(st.tuples(st.sampled_from("xyz"), st.integers(1, 4), st.integers(0, 90)), min_size=1, max_size=4)
BACKS = st.lists(st.tuples(st.sampled_from("xyzq"), st.integers(0, 5), st.integers(0, 90)), min_size=1, max_size=4)


def play(*documents: dict[str, Any], rules: list[dict[str, Any]] = RULES) -> Folding:
    folding = Folding(rules)
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    return folding


@examples(150)
@given(LINES, st.lists(BACKS, max_size=4), st.integers(0, 100))
def test_refunds_never_take_back_more_than_was_given(
    lines: list[tuple[str, int, int]], backs: list[list[tuple[str, int, int]]], gift_card: int
) -> None:
    total = sum(amount for _, _, amount in lines)
    paid = [{"method": "gift_card", "amount": min(gift_card, total)}, {"method": "card", "amount": total - min(gift_card, total)}]
    bought = order("a", at(1), *lines, payments=paid)
    documents = [bought, *(refund(f"r{number}", "a", at(1), *back) for number, back in enumerate(backs))]
    folding = play(*documents)
    left = {**folding.progress(), **folding.spending()}
    assert all(amount >= 0 for amount in left.values())
    # All that is left comes back with one more refund of everything: then nothing is left.
    done = play(*documents, refund("all", "a", at(1), *((sku, 1000, 10_000) for sku in "xyz")))
    assert set({**done.progress(), **done.spending()}.values()) <= {0}


@examples(60)
@given(st.lists(st.tuples(LINES, BACKS), min_size=1, max_size=4), st.integers(0, 2**32))
def test_sums_do_not_depend_on_the_order_in_which_documents_come(
    pairs: list[tuple[list[tuple[str, int, int]], list[tuple[str, int, int]]]], seed: int
) -> None:
    documents = [
        document
        for number, (lines, back) in enumerate(pairs)
        for document in (
            order(f"o{number}", at(1), *lines),
            refund(f"r{number}", f"o{number}", at(1), *back),
            refund(f"alone{number}", None, at(1), *back[:1]),
        )
    ]
    straight = play(*documents)
    shuffled = play(*random.Random(seed).sample(documents, len(documents)))
    assert straight.progress() == shuffled.progress()
    assert straight.spending() == shuffled.spending()
    assert straight.levels() == shuffled.levels()
    assert straight.reasons() == shuffled.reasons() == []


def test_what_gift_cards_paid_comes_off_in_proportion_rounded_down() -> None:
    paid = [{"method": "group_voucher", "amount": 50}, {"method": "card", "amount": 50}]
    bought = order("a", at(1), ("x", 1, 100), payments=paid)
    assert play(bought).spending() == {("classic", "ann"): 50}
    assert play(bought, refund("r", "a", at(1), ("x", 1, 33))).spending() == {("classic", "ann"): 50 * 67 // 100}


def test_lines_of_one_sku_are_added_up_and_an_adjustment_takes_no_pieces() -> None:
    bought = order("a", at(1), ("x", 1, 30), ("x", 1, 30), ("y", 2, 40))
    folding = play(bought, refund("r", "a", at(1), ("x", 0, 20), ("x", 0, 25)))
    assert folding.progress() == {("spend", "ann"): 55, ("pieces", "ann"): 4, ("only-x", "ann"): 15}


def test_it_acts_where_the_order_counted_whatever_has_changed_since() -> None:
    rules = [program(50), program(50, code="gold", default=False), spend(programs=["classic"])]
    folding = play(
        order("a", at(1), ("x", 1, 80)),
        {"type": "member", "member_id": "ann", "programs": ["gold"]},
        refund("r", "a", at(1), ("x", 1, 30)),
        {"type": "member", "member_id": "ann", "programs": ["classic", "gold"]},
        rules=rules,
    )
    assert folding.progress() == {("spend", "ann"): 50}
    assert folding.spending() == {("classic", "ann"): 50, ("gold", "ann"): 0}


def test_one_without_an_order_is_judged_as_a_purchase_would_be() -> None:
    rules = [program(), spend(), spend(code="shops", channels=["online"]), spend(code="eat", service_types=["dine_in"])]
    folding = play(order("a", at(1), ("x", 1, 60)), refund("r", None, at(1), ("x", 1, 100)), rules=rules)
    assert folding.progress() == {("spend", "ann"): -40}
    # Judged as at least zero, kept as it is.
    folding.take(order("b", at(1), ("x", 1, 139)), now_ms=NOON_MS)
    folding.turn()
    assert folding.grants() == []


def test_its_currency_must_be_its_orders() -> None:
    folding = play(order("a", at(1), ("x", 1, 60)), refund("r", "a", at(1), ("x", 1, 60), currency="EUR"))
    assert folding.reasons() == ["invalid"]


def test_of_another_member_it_finds_no_order() -> None:
    folding = play(order("a", at(1), ("x", 1, 60)), refund("r", "a", at(1), ("x", 1, 60), member_id="bob"))
    folding.sweep(NOON_MS + 36 * DAY_MS)
    assert folding.reasons() == ["unknown_order"]
    assert folding.member("ann") is not None and folding.progress()["spend", "ann"] == 60


def test_one_that_was_given_up_can_be_sent_again() -> None:
    back = refund("r", "a", at(1), ("x", 1, 20))
    folding = play(back)
    folding.sweep(NOON_MS + 36 * DAY_MS)
    assert folding.reasons() == ["unknown_order"]
    for document in (order("a", at(1), ("x", 1, 60)), back):
        folding.take(document, received_ms=NOON_MS, now_ms=NOON_MS + 36 * DAY_MS)
    folding.turn()
    assert folding.progress()["spend", "ann"] == 40


def test_a_refund_of_nothing_in_the_order_changes_nothing() -> None:
    folding = play(order("a", at(1), ("x", 1, 60)), refund("r", "a", at(1), ("q", 3, 60)))
    assert folding.progress()["spend", "ann"] == 60 and folding.reasons() == []
