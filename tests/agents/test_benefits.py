"""Benefits are issued once: by a gain, a payment, the calendar, and to those who hold the level when one is added (spec 3.8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rules.clock import DocumentsClock
from rules.times import epoch_ms
from streams.topics import BENEFITS
from tables.layout import member_key
from tables.member.record import decode_member
from tests.folding import Document, Folding
from tests.oracle.examples import order, refund

VOUCHER: Document = {"kind": "cash_voucher", "code": "voucher", "name": "5 off", "amount": 500}
YEARLY: Document = VOUCHER | {"code": "day", "issue": {"yearly": "03-08"}}
MONTHLY: Document = {
    "kind": "free_shipping_coupon",
    "code": "ship",
    "name": "Free delivery",
    "issue": {"every_months": 3, "day": 31},
}


def program(*benefits: Document, **fields: Any) -> Document:
    """Silver has these."""
    levels = [
        {"code": "silver", "name": "Silver", "threshold": 100, "benefits": list(benefits)},
        {"code": "gold", "name": "Gold", "threshold": 500},
    ]
    return {"kind": "program", "code": "club", "name": "Club", "currency": "GBP", "levels": levels} | fields


def folding(*definitions: Document) -> Folding:
    return Folding(definitions, DocumentsClock())


def ordered(flow: Folding, order_id: str, when: str, amount: int, member_id: str = "ann", **fields: Any) -> None:
    flow.take(order(order_id, when, ("x", 1, amount), member_id=member_id) | fields)
    flow.turn()


def passes(flow: Folding, until: str) -> None:
    """Nothing comes until then, of anybody."""
    assert flow.clock is not None
    flow.clock.reach(epoch_ms(datetime.fromisoformat(until)))
    flow.see_to_all(flow.clock.now_ms)


def saved(flow: Folding, document: Document, when: str) -> None:
    flow.take(
        {"type": "change", "change": "save", "kind": "program", "code": document["code"], "saved_at": when, "saved_by": "eva"}
        | {"document": document}
    )
    flow.turn()
    passes(flow, when[:14] + "59:59+00:00")


def issued(flow: Folding) -> list[tuple[str, str, str]]:
    return [(each["issue_id"], each["by"], each["issued_at"]) for each in flow.values(BENEFITS)]


def test_a_gain_issues_and_says_the_terms_and_a_code() -> None:
    flow = folding(program(VOUCHER | {"stack": {"codes": True}}, {"kind": "discount", "code": "d", "name": "D", "percentage": 5}))
    ordered(flow, "o", "2022-01-05T10:00:00+00:00", 100)
    (found,) = flow.values(BENEFITS)
    code = found.pop("code")
    assert found == {
        "issue_id": "club/silver/voucher/ann/upgrade-1",
        "member_id": "ann",
        "program": "club",
        "level": "silver",
        "benefit": "voucher",
        "version": 1,
        "by": "upgrade",
        "issued_at": "2022-01-05T10:00:00+00:00",
        "terms": VOUCHER | {"stack": {"codes": True}},
    }
    assert len(code) == 16 and code.isalnum()
    (record,) = flow.outputs[BENEFITS]
    headers = dict(record.headers)
    assert record.key == b"ann"
    assert (headers["ce_id"], headers["ce_type"]) == (b"club/silver/voucher/ann/upgrade-1", b"tidemark.benefit.issued")


def test_each_gain_issues_anew_with_another_code() -> None:
    flow = folding(program(VOUCHER))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    flow.take(refund("r", "a", "2022-01-06T10:00:00+00:00", ("x", 1, 100)))
    flow.turn()
    ordered(flow, "b", "2022-01-07T10:00:00+00:00", 100)
    assert [issue_id for issue_id, _, _ in issued(flow)] == [f"club/silver/voucher/ann/upgrade-{n}" for n in (1, 2)]
    assert len({each["code"] for each in flow.values(BENEFITS)}) == 2


def test_what_is_gained_on_the_way_up_is_issued_too_and_an_imported_order_issues_nothing() -> None:
    flow = folding(program(VOUCHER, standard={"include_imported": True}))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 500)
    assert [issue_id for issue_id, _, _ in issued(flow)] == ["club/silver/voucher/ann/upgrade-1"]
    ordered(flow, "b", "2022-01-05T10:00:00+00:00", 100, member_id="bob", imported=True)
    assert flow.levels()[1] == {"program": "club", "member_id": "bob", "level": "silver"}
    assert len(issued(flow)) == 1


def test_codes_hang_on_the_partitions_seed_and_the_issue_alone() -> None:
    def code(seed: int) -> str:
        flow = folding(program(VOUCHER))
        flow.tables[0].head.seed = seed
        ordered(flow, "o", "2022-01-05T10:00:00+00:00", 100)
        return str(flow.values(BENEFITS)[0]["code"])

    assert code(7) == code(7) != code(8)


def test_a_text_has_no_code() -> None:
    flow = folding(program({"kind": "custom", "code": "gift", "name": "A gift", "issue": "on_upgrade"}))
    ordered(flow, "o", "2022-01-05T10:00:00+00:00", 100)
    assert [each["code"] for each in flow.values(BENEFITS)] == [None]


PAID: Document = {"type": "dual", "price": 10, "paid_validity": {"days": 30}}


def paid(flow: Folding, payment_id: str, when: str) -> None:
    payment = {"type": "payment", "payment_id": payment_id, "member_id": "ann", "level": "silver"}
    flow.take(payment | {"paid_at": when, "amount": 10, "currency": "GBP"})
    flow.turn()


def test_what_is_for_those_who_paid_is_issued_at_the_first_payment() -> None:
    definition = program(VOUCHER | {"paid_only": True}, YEARLY | {"paid_only": True})
    definition["levels"][0] |= PAID
    flow = folding(definition)
    ordered(flow, "o", "2022-01-05T10:00:00+00:00", 100)
    passes(flow, "2022-03-09T00:00:00+00:00")
    assert issued(flow) == []
    paid(flow, "p", "2023-02-20T10:00:00+00:00")
    paid(flow, "q", "2023-02-21T10:00:00+00:00")
    passes(flow, "2025-01-01T00:00:00+00:00")
    assert issued(flow) == [
        ("club/silver/voucher/ann/paid", "payment", "2023-02-20T10:00:00+00:00"),
        ("club/silver/day/ann/2023-03-08", "calendar", "2023-03-08T00:00:00+00:00"),
    ]


def test_on_its_day_every_year_to_who_holds_the_level_at_that_midnight() -> None:
    flow = folding(program(YEARLY, timezone="Asia/Tokyo"))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    # At the very instant it is the day already.
    ordered(flow, "b", "2022-03-07T15:00:00+00:00", 100, member_id="bob")
    # Two years of silence are caught up, as of the times at which it was due.
    passes(flow, "2024-02-01T00:00:00+00:00")
    days = [("ann", "2022-03-08"), ("ann", "2023-03-08"), ("bob", "2023-03-08")]
    assert sorted(issued(flow)) == [
        (f"club/silver/day/{who}/{day}", "calendar", f"{day[:8]}07T15:00:00+00:00") for who, day in days
    ]


def test_whoever_lost_the_level_has_it_no_more_and_who_is_above_has_that_levels_own() -> None:
    flow = folding(program(YEARLY))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    ordered(flow, "b", "2022-01-05T10:00:00+00:00", 100, member_id="bob")
    flow.take(refund("r", "a", "2022-02-05T10:00:00+00:00", ("x", 1, 100)))
    flow.turn()
    ordered(flow, "c", "2022-02-05T10:00:00+00:00", 400, member_id="bob")
    passes(flow, "2023-01-01T00:00:00+00:00")
    assert issued(flow) == []


def test_every_third_month_on_its_last_day_where_it_lacks_that_one() -> None:
    flow = folding(program(MONTHLY))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    passes(flow, "2023-02-01T00:00:00+00:00")
    days = ["2022-01-31", "2022-04-30", "2022-07-31", "2022-10-31", "2023-01-31"]
    assert [issue_id for issue_id, _, _ in issued(flow)] == [f"club/silver/ship/ann/{day}" for day in days]


def test_the_29th_of_february_is_the_28th_in_other_years() -> None:
    flow = folding(program(YEARLY | {"issue": {"yearly": "02-29"}}))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    passes(flow, "2025-01-01T00:00:00+00:00")
    assert [at[:10] for _, _, at in issued(flow)] == ["2022-02-28", "2023-02-28", "2024-02-29"]


def test_who_is_registered_into_a_level_has_what_comes_by_the_calendar_and_nothing_by_a_gain() -> None:
    definition = program(YEARLY, VOUCHER)
    definition["levels"][0]["threshold"] = 0
    flow = folding(definition)
    flow.take({"type": "member", "member_id": "ann", "registered_at": "2022-01-05T10:00:00+00:00"})
    flow.turn()
    passes(flow, "2023-01-01T00:00:00+00:00")
    assert [issue_id for issue_id, _, _ in issued(flow)] == ["club/silver/day/ann/2022-03-08"]


def test_who_left_the_program_has_nothing_until_he_comes_back() -> None:
    flow = folding(program(YEARLY, default=True), {"kind": "program", "code": "other", "name": "O", "currency": "GBP"})
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    for programs, when in ((["other"], "2022-02-01"), (["club"], "2023-02-01")):
        flow.take({"type": "member", "member_id": "ann", "programs": programs, "registered_at": f"{when}T00:00:00+00:00"})
        flow.turn()
    passes(flow, "2024-01-01T00:00:00+00:00")
    assert [at[:10] for _, _, at in issued(flow)] == ["2023-03-08"]


def test_one_that_is_added_reaches_those_who_hold_the_level_at_once_and_nobody_twice() -> None:
    flow = folding(program())
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    ordered(flow, "b", "2022-01-05T10:00:00+00:00", 99, member_id="bob")
    ordered(flow, "c", "2022-01-05T10:00:00+00:00", 500, member_id="cid")
    points = {"kind": "upgrade_points", "code": "p", "name": "P", "points": 5}
    saved(flow, program(VOUCHER, points), "2022-02-01T10:00:00+00:00")
    assert [issue_id for issue_id, _, _ in issued(flow)] == ["club/silver/voucher/ann/added-2"]
    assert flow.grants() == []
    # Who comes to it later gains it; a version that says the same adds nothing.
    ordered(flow, "d", "2022-02-02T10:00:00+00:00", 1, member_id="bob")
    saved(flow, program(VOUCHER, points, name="Other"), "2022-02-03T10:00:00+00:00")
    assert [(issue_id, by) for issue_id, by, _ in issued(flow)][1:] == [("club/silver/voucher/bob/upgrade-1", "upgrade")]


def test_who_gains_the_level_by_the_same_change_has_it_once() -> None:
    flow = folding(program())
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 60)
    changed = program(VOUCHER)
    changed["levels"][0]["threshold"] = 50
    saved(flow, changed, "2022-02-01T10:00:00+00:00")
    assert [(issue_id, by) for issue_id, by, _ in issued(flow)] == [("club/silver/voucher/ann/upgrade-1", "upgrade")]


def test_a_changed_one_holds_for_what_is_issued_from_then_on() -> None:
    flow = folding(program(YEARLY))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    passes(flow, "2022-03-09T00:00:00+00:00")
    saved(flow, program(YEARLY | {"amount": 900, "issue": {"yearly": "04-01"}}), "2022-03-10T10:00:00+00:00")
    passes(flow, "2023-01-01T00:00:00+00:00")
    assert [(each["issued_at"][:10], each["terms"]["amount"], each["version"]) for each in flow.values(BENEFITS)] == [
        ("2022-03-08", 500, 1),
        ("2022-04-01", 900, 2),
    ]


def test_a_deleted_one_is_no_longer_issued_and_the_member_waits_for_nothing() -> None:
    flow = folding(program(YEARLY))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    saved(flow, program(), "2022-02-01T10:00:00+00:00")
    passes(flow, "2023-01-01T00:00:00+00:00")
    assert issued(flow) == []
    assert flow.tables[0].timers.next_due_ms() > epoch_ms(datetime.fromisoformat("2100-01-01T00:00:00+00:00"))


def test_a_program_that_is_off_issues_nothing_and_adds_what_it_missed_when_it_is_on_again() -> None:
    flow = folding(program(YEARLY))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    saved(flow, program(YEARLY, VOUCHER, enabled=False), "2022-02-01T10:00:00+00:00")
    passes(flow, "2022-04-01T00:00:00+00:00")
    assert issued(flow) == []
    saved(flow, program(YEARLY, VOUCHER), "2022-05-01T10:00:00+00:00")
    passes(flow, "2023-04-01T00:00:00+00:00")
    assert [issue_id for issue_id, _, _ in issued(flow)] == ["club/silver/voucher/ann/added-3", "club/silver/day/ann/2023-03-08"]


def test_what_is_not_understood_is_not_issued() -> None:
    flow = folding(program(VOUCHER | {"amonut": 5}, YEARLY | {"amount": None}))
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    passes(flow, "2023-01-01T00:00:00+00:00")
    assert issued(flow) == []


def test_a_member_remembers_of_it_when_the_next_is_due_and_no_more() -> None:
    def record(*benefits: Document) -> bytes:
        flow = folding(program(*benefits))
        ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
        return flow.tables[0].members["ann"]

    assert record(VOUCHER) == record()
    # Its name, and nine bytes of the time.
    assert len(record(YEARLY, MONTHLY)) - len(record()) == 2 + 9
    assert decode_member(record(YEARLY, MONTHLY)).seldom.issues_ms == epoch_ms(datetime.fromisoformat("2022-01-31T00:00:00+00:00"))


def test_nobody_is_written_for_a_program_that_adds_nothing() -> None:
    flow = folding(program())
    ordered(flow, "a", "2022-01-05T10:00:00+00:00", 100)
    flow.committed.clear()
    saved(flow, program({"kind": "discount", "code": "d", "name": "D", "percentage": 5}), "2022-02-01T10:00:00+00:00")
    assert member_key("ann") not in [record.key for record in flow.committed]


def test_who_becomes_one_under_a_later_version_has_what_it_adds_to_the_level_that_he_holds_once() -> None:
    flow = folding(program(default=True) | {"code": "all"}, program())
    flow.take({"type": "member", "member_id": "ann", "programs": ["club"]})
    ordered(flow, "a", "2026-03-01T12:00:00+00:00", 150)
    change = {"type": "change", "change": "save", "kind": "program", "code": "club", "saved_at": "2026-03-02T12:00:00+00:00"}
    flow.take(change | {"document": program(VOUCHER), "existing_at": "2026-04-01T00:00:00+00:00"})
    # Bob is registered after it was saved, and in the other program alone.
    ordered(flow, "b", "2026-03-03T12:00:00+00:00", 1, "bob")
    assert issued(flow) == []
    flow.take({"type": "member", "member_id": "ann", "merged_into": "bob", "received_at": "2026-03-04T12:00:00+00:00"})
    flow.turn()
    passes(flow, "2026-04-02T12:00:00+00:00")
    assert [(each["issue_id"], each["issued_at"]) for each in flow.values(BENEFITS)] == [
        ("club/silver/voucher/bob/added-2", "2026-03-04T12:00:00+00:00")
    ]
