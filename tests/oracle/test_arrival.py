"""What is let in, and when: spec 1.1, 1.2, 1.4 to 1.6, 6 (the clock of replay), by hand."""

from __future__ import annotations

import pytest

from .examples import at, ids, order, play, program, reasons, refund, spend

RULES = [program(), spend()]
KEY = {"terminal_id": "t", "receipt_no": "7", "business_date": "2024-01-01"}


def test_the_order_of_the_spec_is_accepted() -> None:
    document = b"""{"type":"purchase","order_id":"536365","channel":"online","store_id":"web-gb",
     "service_type":"delivery","member_id":"17850","placed_at":"2010-12-01T08:26:00+00:00","currency":"GBP",
     "lines":[{"sku":"85123A","quantity":6,"amount":1530},{"sku":"71053","quantity":6,"amount":2034}],
     "fees":0,"total":3564,"payments":[{"method":"card","amount":3564}],"coupons":[],"promotions":[],
     "member_price":false,"member_discount":false,"imported":false}"""
    assert play(RULES, document).progress == {("spend", "17850"): 3564}


def test_equal_content_is_dropped_and_other_content_refused() -> None:
    first = order("a", at(1), ("x", 1, 60), **KEY)
    equal = first | {"placed_at": "2024-01-01T20:00:00+08:00", "fees": 0, "received_at": at(2), "till": 3}
    retried = equal | {"order_id": "a2"}
    outcome = play(RULES, first, equal, retried)
    assert outcome.progress == {("spend", "ann"): 60} and outcome.dead_letters == []
    for other in (first | {"store_id": "n-2"}, retried | {"coupons": ["mug"]}):
        assert reasons(play(RULES, first, other)) == ["conflict"]
    # Another member's documents, and refunds, have ids and keys of their own.
    others = first | {"member_id": "bob"}, refund("a", None, at(1), ("x", 1, 10), **KEY)
    assert play(RULES, first, *others).progress == {("spend", "ann"): 50, ("spend", "bob"): 60}


def test_late_is_fine_up_to_35_days_before_it_was_received() -> None:
    late = order("a", at(1), ("x", 1, 60))
    assert reasons(play(RULES, late | {"received_at": at(36)})) == []
    assert reasons(play(RULES, late | {"received_at": at(36, "12:00:00.001")})) == ["late"]
    assert reasons(play(RULES, late | {"received_at": at(80), "imported": True})) == []
    # Without received_at: the latest time read, here an anonymous order's.
    newer = order("b", at(37), ("x", 1, 60), member_id=None)
    assert reasons(play(RULES, newer, late)) == ["late"]
    assert reasons(play(RULES, newer, late | {"received_at": at(3)})) == []


def test_a_day_ahead_of_when_it_was_received_is_the_most() -> None:
    assert reasons(play(RULES, order("a", at(2), ("x", 1, 60), received_at=at(1)))) == []
    assert reasons(play(RULES, order("a", at(2, "12:00:00.001"), ("x", 1, 60), received_at=at(1)))) == ["invalid"]


def test_a_refused_document_leaves_no_trace() -> None:
    wrong = order("a", at(300), ("x", 1, 60), received_at=at(1))
    outcome = play(RULES, wrong, order("a", at(1), ("x", 1, 100)))
    assert reasons(outcome) == ["invalid"] and ids(outcome) == ["spend/ann/1"]


def test_a_refund_waits_35_days_for_its_order_and_then_leaves_no_trace() -> None:
    back = refund("r", "a", at(1), ("x", 1, 60))
    bought = order("a", at(1), ("x", 1, 100), received_at=at(1))
    others = order("b", at(36), ("x", 1, 1), member_id="bob")
    assert play(RULES, back, others, bought).progress[("spend", "ann")] == 40
    past = order("b", at(36, "12:00:00.001"), ("x", 1, 1), member_id="bob")
    outcome = play(RULES, back, past, bought, back | {"received_at": at(36)})
    assert reasons(outcome) == ["unknown_order"] and outcome.progress[("spend", "ann")] == 40


def test_the_clock_ends_at_the_midnight_that_ends_the_last_day() -> None:
    back = refund("r", "a", at(1, "23:00:00"), ("x", 1, 60))
    last = order("b", at(36, "01:00:00"), ("x", 1, 1))
    assert reasons(play(RULES, back, last)) == ["unknown_order"]
    west = [program(timezone="America/New_York"), spend()]  # where it is still the day before
    assert play(west, back, last).held and not reasons(play(west, back, last))


def test_an_order_can_be_refunded_for_180_days_after_it_came() -> None:
    bought = order("a", at(1), ("x", 1, 60))
    assert reasons(play(RULES, bought, refund("r", "a", at(181), ("x", 1, 60)))) == []
    assert reasons(play(RULES, bought, refund("r", "a", at(181, "12:00:00.001"), ("x", 1, 60)))) == ["unknown_order"]


def test_a_refund_must_name_an_order_of_its_member() -> None:
    bought = order("a", at(1), ("x", 1, 60))
    wrong = refund("r", "a", at(1), ("x", 1, 60), member_id="bob")
    much_later = order("b", at(90), ("x", 1, 1))
    assert reasons(play(RULES, bought, wrong, much_later)) == ["unknown_order"]


@pytest.mark.parametrize(
    ("reason", "raw"),
    [
        ("undecodable", b"{"),
        ("undecodable", b"[]"),
        ("undecodable", b'{"note":"\xff"}'),
        ("undecodable", b'{"total":NaN}'),
        ("invalid", b"{}"),
        ("invalid", b'{"type":"sale"}'),
        ("too_large", b'{"note":"' + b"x" * 1024 * 1024 + b'"}'),
    ],
)
def test_the_reason_is_named_and_the_raw_bytes_are_kept(reason: str, raw: bytes) -> None:
    assert play(RULES, raw, b"  ").dead_letters == [(reason, raw)]
