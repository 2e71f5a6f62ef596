"""Goods given back in the same sale, discounts of the basket and weighed goods, as they are applied (spec 1.1, 1.2, 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.folding import Document, Folding
from tests.oracle.examples import at, order, program, refund, spend, upgrade

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
RULES = [program(100, 200), spend(), spend(code="pieces", measure="pieces", threshold=3), upgrade("classic/*")]


def play(*documents: Document, rules: list[Document] = RULES) -> Folding:
    """Each in a turn of its own, so that what is kept is read back."""
    folding = Folding(rules)
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
        folding.turn()
    return folding


def basket(order_id: str, *lines: tuple[str, Any, int], **more: Any) -> Document:
    """An order that tells no total."""
    return {name: value for name, value in order(order_id, at(1), *lines, **more).items() if name != "total"}


def back(refund_id: str, order_id: str | None, *lines: tuple[str, Any, int], **more: Any) -> Document:
    return {name: value for name, value in refund(refund_id, order_id, at(1), *lines, **more).items() if name != "total"}


def test_an_exchange_sells_first_and_takes_back_right_after() -> None:
    folding = play(basket("a", ("x", 1, 120), ("y", -1, -100)))
    assert [grant["grant_id"] for grant in folding.grants()] == ["spend/ann/1", "up/ann/classic/one"]
    changes = [(change["before"], change["level"], change["why"], change["document_id"]) for change in folding.level_changes()]
    assert changes == [(None, "one", "order", "a"), ("one", None, "refund", "a")]
    assert folding.progress() == {("spend", "ann"): 20, ("pieces", "ann"): 0}
    assert folding.spending() == {("classic", "ann"): 20}


def test_a_sale_may_be_of_what_is_given_back_alone() -> None:
    folding = play(basket("a", ("bottle", -2, -50)), basket("b", ("x", 1, 149)), basket("c", ("x", 1, 1)))
    assert [grant["order_id"] for grant in folding.grants() if grant["activity"] == "spend"] == ["c"]
    assert folding.progress() == {("spend", "ann"): 100, ("pieces", "ann"): 0} and folding.reasons() == []


def test_goods_given_back_are_judged_by_their_own_sku_store_and_channel_and_name_nothing_else() -> None:
    rules = [
        program(),
        spend(code="tea", item_scope={"include": ["tea"]}),
        spend(code="delivered", service_types=["delivery"]),
        spend(code="alone", not_with={"coupons": "all"}),
        spend(code="elsewhere", stores={"stores": ["n-2"]}),
    ]
    folding = play(basket("a", ("tea", -1, -30), ("x", 1, 50), service_type="delivery", coupons=["mug"]), rules=rules)
    assert folding.progress() == {("tea", "ann"): -30, ("delivered", "ann"): 50, ("alone", "ann"): -30}


@pytest.mark.parametrize("counted", [False, True])
def test_an_imported_exchange_takes_back_where_an_imported_order_counts(counted: bool) -> None:
    standard = {"mode": "total", "window": "history", "include_imported": counted}
    folding = play(basket("a", ("x", 1, 120), ("y", -1, -30), imported=True), rules=[program(standard=standard), spend()])
    assert folding.progress() == {} and folding.spending() == {("classic", "ann"): 90 if counted else 0}


def test_what_a_discount_of_the_basket_left_is_what_comes_back() -> None:
    bought = basket("a", ("x", 1, 60), ("y", 1, 40), ("deal", 1, -50))
    assert play(bought).progress() == {("spend", "ann"): 50, ("pieces", "ann"): 2}
    assert play(bought, back("r", "a", ("x", 1, 60))).progress() == {("spend", "ann"): 20, ("pieces", "ann"): 1}


@pytest.mark.parametrize("quantity", [0.7, "0.7", "0.700", "00.7"])
def test_weighed_goods_are_one_piece_and_given_back_with_the_last_of_their_amount(quantity: Any) -> None:
    bought = basket("a", ("ham", quantity, 70), ("ham", 2, 20))
    assert play(bought).progress() == {("spend", "ann"): 90, ("pieces", "ann"): 3}
    once = back("r", "a", ("ham", 0.35, 35))
    assert play(bought, once).progress() == {("spend", "ann"): 55, ("pieces", "ann"): 3}
    whole = back("s", "a", ("ham", 3, 1))
    assert play(bought, once, whole).progress() == {("spend", "ann"): 54, ("pieces", "ann"): 1}
    rest = back("t", "a", ("ham", "0.001", 1_000))
    assert play(bought, once, whole, rest, rest | {"refund_id": "u"}).progress() == {("spend", "ann"): 0, ("pieces", "ann"): 0}


def test_a_refund_without_an_order_takes_weighed_goods_as_a_purchase_adds_them() -> None:
    assert play(back("r", None, ("ham", 0.35, 35), ("ham", 0.1, 0))).progress() == {("spend", "ann"): -35, ("pieces", "ann"): -1}


def test_of_a_price_adjustment_and_of_the_free_one_no_pieces_come_back() -> None:
    bought = basket("a", ("x", 1, 60), ("x", 1, 0), ("y", 2, 30))
    folding = play(bought, back("r", "a", ("x", 0, 10), ("x", 1, 0), ("y", 1, 0)))
    assert folding.progress() == {("spend", "ann"): 80, ("pieces", "ann"): 3}
    # Lines of one sku are added up.
    folding = play(bought, back("r", "a", ("y", 1, 5), ("y", 0, 20), ("y", 1, 50)))
    assert folding.progress() == {("spend", "ann"): 60, ("pieces", "ann"): 1}


def test_a_refund_that_names_an_order_must_name_its_member() -> None:
    bought = basket("a", ("x", 1, 60))
    for nobody in ({"member_id": None}, {"member_id": ""}):
        folding = play(bought, back("r", "a", ("x", 1, 60)) | nobody)
        assert folding.reasons() == ["no_member"] and folding.progress()["spend", "ann"] == 60
    late = back("r", "a", ("x", 1, 60)) | {"member_id": None, "received_at": at(60)}
    assert play(late).reasons() == ["late"]
    assert play(back("r", None, ("x", 1, 60)) | {"member_id": None}).reasons() == []


def test_gift_cards_count_for_no_level_in_an_exchange_either() -> None:
    folding = play(basket("a", ("x", 1, 120), ("y", -1, -100), payments=[{"method": "gift_card", "amount": 20}]))
    assert folding.spending() == {("classic", "ann"): 0}
    assert play(basket("a", ("x", 1, 120), ("y", -1, -100), payments=[{"method": "gift_card", "amount": 21}])).reasons() == [
        "invalid"
    ]
