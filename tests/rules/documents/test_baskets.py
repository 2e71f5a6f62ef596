"""Discounts of the basket, goods given back in the same sale, weighed goods: what is made of such lines (spec 1.1)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.documents.baskets import after_discount, given_back, sold, weighed_pieces
from rules.documents.items import items_of
from rules.documents.lines import Line, WeighedLine

AMOUNTS = st.lists(st.integers(0, 10**15), max_size=20)


@given(AMOUNTS, st.integers(0, 10**16))
def test_a_discount_is_taken_off_in_proportion_and_wholly(amounts: list[int], discount: int) -> None:
    left = after_discount(amounts, discount)
    whole = sum(amounts)
    assert sum(left) == max(0, whole - discount)
    assert all(0 <= after <= before for after, before in zip(left, amounts, strict=True))
    if 0 < discount < whole:
        shares = [Fraction(discount * amount, whole) for amount in amounts]
        taken = [before - after for before, after in zip(amounts, left, strict=True)]
        # Rounded down, and one unit more on the first lines that are worth anything.
        more = [took - share // 1 for took, share in zip(taken, shares, strict=True)]
        of_worth = [one for one, amount in zip(more, amounts, strict=True) if amount]
        assert of_worth == sorted(of_worth, reverse=True) and set(more) <= {0, 1}


@pytest.mark.parametrize(
    ("amounts", "discount", "left"),
    [
        ([600, 401], 101, [539, 361]),
        ([500], 700, [0]),
        ([0, 1, 1], 1, [0, 0, 1]),
        ([3, 3, 3], 4, [1, 2, 2]),
        ([10**15, 1], 10**15, [0, 1]),
        ([], 5, []),
        ([0, 0], 5, [0, 0]),
    ],
)
def test_what_is_left_over_is_taken_one_unit_a_line_from_the_first_on(amounts: list[int], discount: int, left: list[int]) -> None:
    assert after_discount(amounts, discount) == left


def test_several_discounts_are_one() -> None:
    lines = [Line("a", 1, 100), Line("deal", 1, -1), Line("b", 1, 100), Line("deal", 0, -2)]
    assert [(line.sku, line.amount) for line in sold(lines)] == [("a", 98), ("b", 99)]


def test_what_is_given_back_is_neither_sold_nor_lowered_by_a_discount() -> None:
    lines = [Line("a", 2, 100), Line("a", -1, -40), Line("deal", 1, -50), WeighedLine("ham", -1, -7, -350), Line("free", -3, 0)]
    assert items_of(sold(lines)) == (["a", 2, 50], 50)
    assert given_back(lines) == (["a", 1, 40, "ham", 1, 7, "free", 0, 0], 47)


def test_a_weighed_line_is_one_piece_where_it_is_worth_anything() -> None:
    lines = [WeighedLine("ham", 1, 300, 350), WeighedLine("ham", 1, 0, 100), WeighedLine("ham", 1, 5, 1_250), Line("ham", 2, 9)]
    assert items_of(sold(lines)) == (["ham", 4, 314], 314)
    assert weighed_pieces(lines) == {"ham": 2}
    # Of which a discount leaves nothing.
    assert weighed_pieces([*lines, Line("deal", 1, -400)]) == {}
