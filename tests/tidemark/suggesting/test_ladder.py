"""The ladder that is suggested: of what orders say, and of what is assumed (spec 3.12)."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.clock import DocumentsClock
from tests.folding import Folding
from tests.oracle.examples import at, lines_of, order, program, refund
from tidemark.sample import documents
from tidemark.suggesting.ladder import LEVELS_MAX, Assumed, nice, suggest
from tidemark.suggesting.measured import Buyer, Measured, measure_orders

ASSUMED = Assumed()


def encoded(*lines: dict[str, Any] | bytes) -> list[bytes]:
    return [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]


MIXED = order("mixed", at(3), ("x", 1, 60), member_id="cat") | {"lines": lines_of(("x", 1, 60), ("back", -1, -20)), "total": None}
LINES = encoded(
    order("a", at(1), ("x", 1, 100)),
    order("a", at(1), ("x", 1, 100)),
    order("b", at(11), ("x", 1, 300), payments=[{"method": "gift_card", "amount": 50}]),
    refund("r", "b", at(12), ("x", 1, 30)),
    refund("r", "b", at(12), ("x", 1, 30)),
    order("c", at(2), ("x", 1, 40), member_id="ben"),
    refund("s", None, at(2), ("x", 1, 10), member_id="ben"),
    MIXED,
    order("nobody's", at(2), ("x", 1, 40), member_id=None),
    order("euro", at(2), ("x", 1, 40), currency="EUR"),
    {"type": "member", "member_id": "dan"},
    b"junk",
)


@pytest.mark.parametrize(
    ("standard", "days", "counted"),
    [
        ("history", 0, {"ann": 320, "ben": 30, "cat": 40}),
        ("each", 0, {"ann": 220, "ben": 40, "cat": 60}),
        ("period", 10, {"ann": 220, "ben": 30, "cat": 40}),
        ("period", 11, {"ann": 320, "ben": 30, "cat": 40}),
    ],
)
def test_what_counts_is_measured_by_the_standard(standard: str, days: int, counted: dict[str, int]) -> None:
    measured = measure_orders(LINES, None, standard, days)
    assert sorted(buyer.counted for buyer in measured.buyers) == sorted(counted.values())
    assert (measured.currency, measured.days, measured.anonymous, measured.passed_over) == ("GBP", 12, 1, 3)
    # 100 + 250 - 30 + 40 - 10 + 60 - 20, of four orders; one of three bought again.
    assert (measured.orders, measured.average_order, round(measured.repurchase_rate, 3)) == (4, 98, 0.333)


AMOUNTS = st.integers(1, 10**7)
BUYERS = st.lists(
    st.tuples(AMOUNTS, st.integers(1, 30)).map(lambda each: Buyer(each[0], each[0], each[1])), min_size=1, max_size=80
)


@example(buyers=[Buyer(1, 1, 1)], levels=3, standard="each", currency="GBP", average=None, rate=None)
@given(
    buyers=BUYERS,
    levels=st.integers(1, LEVELS_MAX),
    standard=st.sampled_from(["history", "each", "period", "since_upgrade"]),
    currency=st.sampled_from(["GBP", "JPY", "KWD"]),
    average=st.none() | st.integers(1, 10**6),
    rate=st.none() | st.floats(0, 0.99),
)
def test_it_is_a_ladder_that_costs_no_more_than_it_may(
    buyers: list[Buyer], levels: int, standard: str, currency: str, average: int | None, rate: float | None
) -> None:
    measured = Measured("orders", currency, 365, buyers, [buyer.spent // buyer.orders for buyer in buyers])
    if not (average or measured.average_order):
        return
    found = suggest(measured, levels, standard, ASSUMED, average, rate)
    thresholds = [rung.threshold for rung in found.rungs]
    assert len(thresholds) == levels and all(low < high for low, high in pairwise(thresholds))
    assert levels == 1 or thresholds[0] == 0
    apart = found.average_order // 2 if standard == "each" else found.average_order
    assert all(high - low >= apart for low, high in pairwise(thresholds))
    assert found.cost <= ASSUMED.cost_share * found.spend + levels
    assert all(low.reached >= high.reached for low, high in pairwise(found.rungs))
    assert levels == 1 or abs(sum(rung.members for rung in found.rungs) - found.members) <= levels
    percentages = [rung.discount_percentage for rung in found.rungs]
    assert percentages == sorted(percentages)
    levels_of_it = [rung.document() for rung in found.rungs]
    folding = Folding([program(currency=currency, levels=levels_of_it)])
    assert folding.rulebook.left_out == [] and folding.rulebook.program("classic", 0) is not None


def test_what_is_given_takes_the_place_of_what_was_measured() -> None:
    buyers = [Buyer(100 * number, 100 * number, 1 + number % 2) for number in range(1, 101)]
    measured = Measured("orders", "GBP", 365, buyers, [])
    as_it_is = suggest(measured, 3, "history", ASSUMED)
    twice = suggest(measured, 3, "history", ASSUMED, average_order=2 * measured.average_order)
    assert twice.overridden == ["average order value"] and 1.9 < twice.spend / as_it_is.spend < 2.1
    assert [rung.threshold for rung in twice.rungs] == [0, 15_000, 25_000] and as_it_is.overridden == []
    # Half of them bought again: as many as three quarters of them now, and the others half as many.
    again = suggest(measured, 3, "history", ASSUMED, repurchase_rate=0.75)
    assert (again.members, again.repurchase_rate, again.overridden) == (100, 0.75, ["repurchase rate"])


def test_where_nothing_is_measured_spending_falls_off_by_the_repurchase_rate() -> None:
    found = suggest(Measured("nothing", "GBP", 0, [], []), 3, "history", ASSUMED, average_order=2_000, repurchase_rate=0.5)
    # Of all, an eighth buys four times, and more.
    assert [rung.threshold for rung in found.rungs] == [0, 4_000, 8_000]
    assert [round(rung.share, 3) for rung in found.rungs] == [0.5, 0.375, 0.125]


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [(43_955, "GBP", 40_000), (119_000, "GBP", 120_000), (1, "GBP", 1), (999, "GBP", 1_000), (4_300, "JPY", 4_000), (7, "JPY", 6)],
)
def test_thresholds_are_figures_that_one_can_say(amount: int, currency: str, expected: int) -> None:
    assert nice(amount, currency) == expected


@pytest.fixture(scope="module")
def of_some() -> list[bytes]:
    """A real year of a fifth of its members."""
    return [raw for raw in documents() if int(json.loads(raw)["member_id"] or 1) % 5 == 0]


@pytest.mark.slow
@pytest.mark.parametrize("levels", [3, 5])
def test_of_a_real_year_as_many_hold_each_level_as_it_says(of_some: list[bytes], levels: int) -> None:
    measured = measure_orders(of_some, None, "history", 0)
    found = suggest(measured, levels, "history", ASSUMED)
    assert len(measured.buyers) > 500 and 0.02 < found.rungs[-1].share < 0.15 and found.rungs[0].share > 0.5
    folding = Folding([program(timezone="UTC", levels=[rung.document() for rung in found.rungs])], DocumentsClock())
    for document in of_some:
        folding.take(document)
    folding.turn()
    held = [row["level"] for row in folding.levels()]
    # Refunds whose order is not in the year were not refused when it was measured.
    for rung in found.rungs:
        assert abs(held.count(rung.code) - rung.members) <= 0.02 * len(held), (rung.code, held.count(rung.code), rung.members)
