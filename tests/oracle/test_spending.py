"""cumulative_spend by hand: spec 1.2, 2.2 to 2.4."""

from __future__ import annotations

import pytest

from .examples import GIFTS, at, ids, order, play, program, reasons, refund, spend

P = program()


def test_one_order_that_passes_three_thresholds_makes_three_grants_and_the_rest_stays() -> None:
    outcome = play([P, spend()], order("a", at(1), ("x", 1, 350)), order("b", at(2), ("x", 1, 50)))
    assert ids(outcome) == ["spend/ann/1", "spend/ann/2", "spend/ann/3", "spend/ann/4"]
    assert outcome.grants["spend/ann/4"] == {
        "activity": "spend", "member_id": "ann", "ordinal": 4, "level": None, "order_id": "b",
        "occurred_at": "2024-01-02T12:00:00+00:00", "gifts": GIFTS,
    }  # fmt: skip
    assert outcome.progress == {("spend", "ann"): 400}


def test_a_refund_takes_no_gift_back_and_the_next_ordinal_needs_what_it_always_needed() -> None:
    bought = order("a", at(1), ("x", 2, 250))
    back = refund("r", "a", at(2), ("x", 2, 250))
    short = play([P, spend()], bought, back, order("b", at(3), ("x", 1, 299)))
    assert ids(short) == ["spend/ann/1", "spend/ann/2"]
    enough = play([P, spend()], bought, back, order("b", at(3), ("x", 1, 300)))
    assert enough.grants["spend/ann/3"]["order_id"] == "b"


def test_once_gives_once_and_steps_give_each_step_once() -> None:
    assert ids(play([P, spend("once")], order("a", at(1), ("x", 1, 500)))) == ["spend/ann/1"]
    steps = spend("once")
    steps["condition"] = {"items": "any", "mode": "once", "measure": "amount", "steps": [
        {"threshold": 100, "gifts": [{"kind": "points", "points": 1}]},
        {"threshold": 300, "gifts": [{"kind": "points", "points": 3}]},
    ]}  # fmt: skip
    outcome = play([P, steps], order("a", at(1), ("x", 1, 299)), order("b", at(1), ("x", 1, 1)))
    assert outcome.grants["spend/ann/1"]["order_id"] == "a"
    assert outcome.grants["spend/ann/2"]["gifts"] == [{"kind": "points", "points": 3}]


def test_a_refund_before_its_order_is_applied_right_after_it() -> None:
    outcome = play([P, spend()], refund("r", "a", at(1), ("x", 1, 80)), order("a", at(1), ("x", 1, 100)))
    assert ids(outcome) == ["spend/ann/1"]
    assert outcome.progress == {("spend", "ann"): 20}
    assert outcome.held == [] and outcome.dead_letters == []


def test_a_refund_gives_back_at_most_what_is_left_of_each_sku() -> None:
    bought = order("a", at(1), ("x", 1, 60), ("x", 1, 40), ("y", 1, 30))
    first = refund("r1", "a", at(2), ("x", 1, 70))
    second = refund("r2", "a", at(3), ("x", 9, 50), ("x", 0, 10), ("z", 1, 500))
    assert play([P, spend()], bought, first).progress == {("spend", "ann"): 60}
    assert play([P, spend()], bought, first, second).progress == {("spend", "ann"): 30}


def test_a_refund_touches_only_the_goods_in_scope() -> None:
    rules = [P, spend(item_scope={"exclude": ["y"]})]
    bought = order("a", at(1), ("x", 1, 60), ("y", 1, 30))
    assert play(rules, bought, refund("r", "a", at(1), ("y", 1, 30))).progress == {("spend", "ann"): 60}
    assert play(rules, bought, refund("r", "a", at(1), ("x", 1, 60))).progress == {("spend", "ann"): 0}


def test_pieces_that_were_free_neither_count_nor_come_off() -> None:
    rules = [P, spend("every", 2, "pieces")]
    bought = order("a", at(1), ("x", 3, 300), ("x", 2, 0))
    assert play(rules, bought).progress == {("spend", "ann"): 3}
    assert play(rules, bought, refund("r", "a", at(1), ("x", 1, 0))).progress == {("spend", "ann"): 3}
    assert play(rules, bought, refund("r", "a", at(1), ("x", 1, 0), ("x", 1, 9))).progress == {("spend", "ann"): 2}
    assert play(rules, bought, refund("r", "a", at(1), ("x", 5, 300))).progress == {("spend", "ann"): 0}
    assert play(rules, bought, refund("r", "a", at(1), ("x", 0, 100))).progress == {("spend", "ann"): 3}


def test_a_refund_without_an_order_counts_where_such_a_purchase_would() -> None:
    bought = order("a", at(1), ("x", 1, 90), service_type="delivery")
    back = refund("r", None, at(2), ("x", 1, 120))
    assert play([P, spend()], bought, back).progress == {("spend", "ann"): -30}
    assert play([P, spend(service_types=["delivery"])], bought, back).progress == {("spend", "ann"): 90}
    # A signed sum, not one that stops at zero on the way.
    assert play([P, spend()], back, bought).progress == {("spend", "ann"): -30}


@pytest.mark.parametrize(
    ("rule", "used"),
    [
        ({"coupons": "all"}, {"coupons": ["mug"]}),
        ({"coupons": ["mug"]}, {"coupons": ["cup", "mug"]}),
        ({"promotions": ["half"]}, {"promotions": ["half"]}),
        ({"benefits": ["member_price"]}, {"member_price": True}),
        ({"assets": ["points"]}, {"payments": [{"method": "card", "amount": 99}, {"method": "points", "amount": 1}]}),
    ],
)
def test_an_order_that_used_what_may_not_be_shared_does_not_count_at_all(rule: object, used: dict[str, object]) -> None:
    bought = order("a", at(1), ("x", 1, 100))
    assert ids(play([P, spend(not_with=rule)], bought)) == ["spend/ann/1"]
    assert ids(play([P, spend(not_with=rule)], bought | used)) == []


def test_what_may_be_shared_and_a_payment_of_nothing_do_not_matter() -> None:
    rule = {"coupons": ["mug"], "assets": ["points"], "benefits": ["member_discount"]}
    payments = [{"method": "cash", "amount": 100}, {"method": "points", "amount": 0}]
    bought = order("a", at(1), ("x", 1, 100), coupons=["cup"], payments=payments, member_price=True)
    assert ids(play([P, spend(not_with=rule)], bought)) == ["spend/ann/1"]


def test_dates_are_inclusive_and_the_end_for_its_whole_second() -> None:
    rules = [P, spend(starts_at=at(2), ends_at=at(3))]
    for clock, counts in ((at(2, "11:59:59.999"), False), (at(2), True), (at(3, "12:00:00.999"), True),
                          (at(3, "12:00:01"), False)):  # fmt: skip
        assert bool(ids(play(rules, order("a", clock, ("x", 1, 100))))) is counts, clock


def test_an_organization_has_the_stores_of_those_below_it() -> None:
    organizations = [
        {"kind": "organization", "code": "coast", "name": "Coast", "parent": "north", "stores": ["n-1"]},
        {"kind": "organization", "code": "north", "name": "North", "parent": "chain", "stores": []},
        {"kind": "organization", "code": "chain", "name": "Chain", "stores": ["hq"]},
    ]
    bought = order("a", at(1), ("x", 1, 100))
    for stores, counts in (({"organizations": ["chain"]}, True), ({"organizations": ["coast"]}, True),
                           ({"stores": ["hq"]}, False), ({"stores": ["n-1"]}, True), ("all", True)):  # fmt: skip
        assert bool(ids(play([P, *organizations, spend(stores=stores)], bought))) is counts, stores


def test_other_currencies_fees_imported_and_anonymous_orders_add_nothing() -> None:
    outcome = play(
        [P, spend()],
        order("a", at(1), ("x", 1, 500), currency="EUR"),
        order("b", at(1), ("x", 1, 99), fees=400),
        order("c", at(1), ("x", 1, 500), imported=True),
        order("d", at(1), ("x", 1, 500), member_id=None),
    )
    assert ids(outcome) == [] and outcome.progress == {("spend", "ann"): 99} and outcome.dead_letters == []


def test_only_documents_placed_since_the_membership_count() -> None:
    other = program(code="gold", default=False)
    joins = {"type": "member", "member_id": "ann", "programs": [{"program": "gold", "since": at(5)}]}
    rules = [P, other, spend(programs=["gold", "classic"])]
    outcome = play(rules, joins, order("a", at(4), ("x", 1, 100)), order("b", at(5), ("x", 1, 100)))
    assert [grant["order_id"] for grant in outcome.grants.values()] == ["b"]
    assert outcome.levels == {("gold", "ann"): None}


def test_an_order_owing_more_than_ten_thousand_grants_leaves_no_trace() -> None:
    outcome = play([P, spend("every", 1)], order("a", at(1), ("x", 1, 10_001)))
    assert reasons(outcome) == ["too_many_grants"] and outcome.levels == {} and outcome.grants == {}
    outcome = play([P, spend("every", 1)], order("a", at(1), ("x", 1, 10_000)))
    assert len(outcome.grants) == 10_000 and outcome.dead_letters == []
