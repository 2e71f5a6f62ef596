"""A document that was dropped as the second is still known by its own id: whoever names it means the one that stands (spec 1.4)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.topics import ONLINE_ORDERS, POS_ORDERS
from tests.agents.turns.alone import Alone
from tests.folding import Folding, rulebook_of
from tests.oracle.examples import at, order, program, refund, spend
from tests.thorough import examples

Document = dict[str, Any]
NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
DAY_MS = 86_400_000
RULES = [program(1_000), spend(threshold=1_000)]


def receipt(number: int) -> Document:
    """What a till numbered."""
    return {"terminal_id": "t", "receipt_no": str(number), "business_date": "2024-01-01"}


FIRST = order("a", at(1), ("x", 3, 90), **receipt(1))
SECOND = FIRST | {"order_id": "a2"}
WITHOUT_A_NUMBER = {name: value for name, value in SECOND.items() if name not in receipt(1)}


def back(refund_id: str, order_id: str | None, amount: int, **more: Any) -> Document:
    return refund(refund_id, order_id, at(1), ("x", 1, amount), **more)


def play(*documents: Document, turns: bool = True, second_topic: str = POS_ORDERS) -> Folding:
    """In a turn each, or in one turn. `second_topic`: of all but the first."""
    folding = Folding(RULES)
    for number, document in enumerate(documents):
        folding.take(document, now_ms=NOON_MS, topic=second_topic if number else POS_ORDERS)
        if turns:
            folding.turn()
    folding.turn()
    return folding


def progress(folding: Folding) -> int:
    return folding.progress()["spend", "ann"]


@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize("topic", [POS_ORDERS, ONLINE_ORDERS])
def test_a_refund_that_names_it_means_the_one_that_stands(turns: bool, topic: str) -> None:
    folding = play(FIRST, SECOND, back("r", "a2", 20), turns=turns, second_topic=topic)
    assert (progress(folding), folding.reasons()) == (70, [])
    member = folding.member("ann")
    assert member is not None and not member.held


@pytest.mark.parametrize("turns", [False, True])
def test_it_is_dropped_again_also_without_its_number_and_with_other_content_a_conflict(turns: bool) -> None:
    folding = play(FIRST, SECOND, SECOND, WITHOUT_A_NUMBER, WITHOUT_A_NUMBER | {"coupons": ["mug"]}, turns=turns)
    assert (progress(folding), folding.reasons()) == (90, ["conflict"])


@pytest.mark.parametrize("turns", [False, True])
def test_by_whatever_id_no_more_is_given_back_than_is_left(turns: bool) -> None:
    backs = [back("r1", "a", 30), back("r2", "a2", 30), back("r3", "a", 20), back("r4", "a3", 20), back("r5", "a2", 20)]
    folding = play(FIRST, SECOND, FIRST | {"order_id": "a3"}, *backs, turns=turns)
    # 90, 60, 30, 10, and then what is left.
    assert (progress(folding), folding.reasons()) == (0, [])


@pytest.mark.parametrize("turns", [False, True])
def test_a_refund_that_waits_for_it_is_applied_when_it_is_dropped(turns: bool) -> None:
    folding = play(back("r1", "a2", 20), FIRST, back("r2", "a2", 10), SECOND, back("r3", "a", 5), turns=turns)
    assert (progress(folding), folding.reasons()) == (55, [])
    member = folding.member("ann")
    assert member is not None and not member.held


def test_what_waits_too_long_for_it_is_given_up_and_what_is_dropped_moves_no_clock() -> None:
    folding = Folding(RULES)
    late_ms = folding.settings.late_ms
    folding.take(back("r1", "a2", 20), now_ms=NOON_MS)
    folding.take(FIRST, now_ms=NOON_MS)
    folding.take(SECOND, now_ms=NOON_MS + late_ms + 1, received_ms=NOON_MS)
    folding.turn()
    assert (progress(folding), folding.reasons()) == (90, ["unknown_order"])


def test_a_refund_that_was_given_up_may_come_again_under_the_id_of_one_that_was_dropped() -> None:
    folding = Folding(RULES)
    waiting, dropped = back("r1", "a", 20, **receipt(9)), back("r2", "a", 20, **receipt(9))
    for document in (waiting, dropped, dropped):
        folding.take(document, now_ms=NOON_MS)
        folding.turn()
    later_ms = NOON_MS + folding.settings.late_ms + 1
    folding.sweep(later_ms)
    assert folding.reasons() == ["unknown_order"]
    folding.take(FIRST, now_ms=later_ms, received_ms=NOON_MS)
    folding.take(dropped, now_ms=later_ms, received_ms=NOON_MS)
    folding.turn()
    assert (progress(folding), folding.reasons()) == (70, ["unknown_order"])


def test_it_is_known_to_whoever_takes_the_partition_over() -> None:
    alone = Alone(rulebook_of(RULES))
    for document in (FIRST, SECOND, back("r1", "a", 30), back("r2", "a2", 30), back("r3", "a", 20), back("r4", "a2", 20)):
        alone.append(document, NOON_MS)
        alone.settle()
        alone.kill()
    assert alone.members()["ann"].progress == {1: 0}
    assert alone.put_out.get("dead-letters") is None


IDS = st.tuples(st.sampled_from("ab"), st.integers(1, 3))
DOCUMENTS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), IDS),
        st.tuples(st.just("refund"), IDS, st.integers(1, 60)),
        st.just(("turn",)),
        st.just(("kill",)),
    ),
    max_size=25,
)  # fmt: skip


def made(steps: list[Any], own_ids: bool) -> list[Document | str]:
    """The documents of steps: each order of a letter is a second one of its first, under an id of its own or under the first's."""
    found: list[Document | str] = []
    for number, step in enumerate(steps):
        if step[0] in ("turn", "kill"):
            found.append(step[0])
            continue
        letter, which = step[1]
        order_id = f"{letter}{which}" if own_ids else letter
        if step[0] == "order":
            found.append(order(order_id, at(1), ("x", 2, 90), ("y", 1, 40), **receipt(ord(letter))))
        else:
            found.append(refund(f"r{number}", order_id, at(1), ("x", 1, step[2])))
    # In the end every id has come, so that nothing waits any more.
    last = [(letter, f"{letter}{which}" if own_ids else letter) for letter in "ab" for which in (1, 2, 3)]
    return found + [order(order_id, at(1), ("x", 2, 90), ("y", 1, 40), **receipt(ord(letter))) for letter, order_id in last]


def played(documents: list[Document | str]) -> dict[int, int]:
    alone = Alone(rulebook_of([program(1_000), spend(threshold=10_000)]))
    for document in documents:
        if isinstance(document, str):
            alone.settle()
            if document == "kill":
                alone.kill()
        else:
            alone.append(document, NOON_MS)
    alone.settle()
    member = alone.members()["ann"]
    assert not member.held and alone.put_out.get("dead-letters") is None
    return member.progress


@examples(60)
@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_several_ids_of_an_order_are_as_one(steps: list[Any], chance: random.Random) -> None:
    """What comes of orders and refunds under several ids of one order is what comes of them under one, in whatever order they come."""
    assert played(made(steps, own_ids=True)) == played(made(steps, own_ids=False))
    shuffled = steps.copy()
    chance.shuffle(shuffled)
    assert played(made(shuffled, own_ids=True)) == played(made(steps, own_ids=False))
