"""The id of a receipt: other parts make another, and a return finds it however it names it (spec 1.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.documents.validity import InvalidDocument
from streams.feeds.receipt_ids import named_order, own_parts, parts_of, receipt_id

# Where one part ends and the next begins is what may be mixed up.
PART = st.text(alphabet="a1-%2D5/", min_size=1, max_size=6) | st.sampled_from(["2026-03-01", "20260301", "2026-03-1", "x" * 256])
PARTS = st.tuples(PART, PART, PART, PART)
NAMES = ("store", "till", "business_date", "number")


def dated(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Two ways to write one day are one day."""
    store, till, date, number = parts
    return store, till, "2026-03-01" if date == "20260301" else date, number


@given(PARTS, PARTS)
def test_other_parts_make_another_id(one: tuple[str, str, str, str], other: tuple[str, str, str, str]) -> None:
    assert (receipt_id(*one) == receipt_id(*other)) == (dated(one) == dated(other))
    assert 0 < len(receipt_id(*one)) <= 256


def test_where_one_part_ends_and_the_next_begins_makes_a_difference() -> None:
    ids = {
        receipt_id(*parts)
        for parts in [("a-b", "c", "d", "1"), ("a", "b-c", "d", "1"), ("a", "b", "c-d", "1"), ("a", "b", "c", "d-1")]
    }
    assert len(ids) == 4
    assert receipt_id("leeds", "t1", "20260301", "0042") == "leeds-t1-2026-03-01-0042"
    assert receipt_id("leeds-1", "t1", "2026-03-01", "0042") == "leeds%2D1-t1-2026-03-01-0042"


@given(PARTS)
def test_a_return_finds_the_receipt_that_it_names_by_its_parts(parts: tuple[str, str, str, str]) -> None:
    own = {"store": "other", "till": "t9", "business_date": "2026-05-05", "number": "1"}
    assert named_order(dict(zip(NAMES, parts, strict=True)), "/returns", own) == receipt_id(*parts)


def test_what_a_return_leaves_out_is_its_own() -> None:
    own = {"store": 7, "till": "t-1", "business_date": 20260301, "number": 8}
    assert own_parts(own) == ("7", "t-1", "20260301", "8")
    assert named_order({"number": 5, "till": None, "printer": 3}, "/returns", own) == receipt_id("7", "t-1", "2026-03-01", "5")
    assert named_order({"order_id": "W-1"}, "/returns", own) == "W-1"
    with pytest.raises(
        InvalidDocument, match="/returns/number: expected text of 1 to 256 characters, or a whole number; it is missing"
    ):
        named_order({"store": "x"}, "/returns", own)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("leeds-t1-2026-03-01-0042", "leeds-t1-2026-03-01-0042"),
        ("leeds-t1-20260301-0042", "leeds-t1-2026-03-01-0042"),
        # The id itself.
        ("leeds%2D1-t1-2026-03-01-0042", "leeds%2D1-t1-2026-03-01-0042"),
        ("leeds%2D1-t1-2026-03-01-00%2542%2D3", "leeds%2D1-t1-2026-03-01-00%2542%2D3"),
        # A number with a - can only be one.
        ("leeds-t1-2026-03-01-00-42", "leeds-t1-2026-03-01-00%2D42"),
        # More than one way: the one of the return's own store and till.
        ("york-2-t4-2026-03-01-0042", "york%2D2-t4-2026-03-01-0042"),
        # No receipt's.
        ("536365", "536365"),
        ("W-1001-2026", "W-1001-2026"),
        ("-2026-03-01-", "-2026-03-01-"),
        ("", ""),
        (None, None),
        (17, 17),
    ],
)
def test_a_text_names_a_receipt_where_it_can_be_taken_apart_in_one_way(text: object, expected: object) -> None:
    assert named_order(text, "/returns", {"store": "york-2", "till": "t4"}) == expected


@pytest.mark.parametrize("text", ["leeds-1-t1-2026-03-01-0042", "a-b-2026-03-01-1-2026-03-02-1"])
def test_a_text_that_can_be_taken_apart_in_more_than_one_way_is_refused(text: str) -> None:
    with pytest.raises(InvalidDocument, match=r"/returns: expected \{store, till, business_date, number\}, as the text can be"):
        named_order(text, "/returns", {"store": "york-2", "till": "t4"})


@given(st.text(alphabet="ab-0126", max_size=40), PARTS)
def test_no_text_ends_anything(text: str, parts: tuple[str, str, str, str]) -> None:
    try:
        found = named_order(text, "/returns", dict(zip(NAMES, parts, strict=True)))
    except InvalidDocument:
        return
    assert isinstance(found, str)


@given(PARTS)
def test_an_id_can_be_taken_apart_again(parts: tuple[str, str, str, str]) -> None:
    made = receipt_id(*parts)
    assert parts_of(made) == (None if made.startswith("receipt-sha256-") else dated(parts))


@given(st.text(alphabet="ab-%2D5016", max_size=40))
def test_what_is_no_id_of_a_receipt_is_not_taken_apart(text: str) -> None:
    parts = parts_of(text)
    assert parts is None or receipt_id(*parts) == text
