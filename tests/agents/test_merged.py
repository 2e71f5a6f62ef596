"""Members who are merged: the old id leads to the new one, and what it had is the new one's (spec 1.7)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, POS_ORDERS, RELEASES
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend, upgrade
from tests.releases import release_rows

Document = dict[str, Any]
PARTITIONS = 4
CUP: Document = {"kind": "coupon", "code": "cup", "name": "Cup", "value": 300, "currency": "GBP"}
TO_CLAIM = [{"kind": "coupon", "coupon": "cup", "quantity": 1, "claim": "member"}]
DAILY = [{"kind": "points", "points": 1, "release": "daily"}]


def merge(old: str = "bob", new: str = "ann", **more: Any) -> Document:
    return {"type": "member", "member_id": old, "merged_into": new, **more}


def bought(order_id: str, amount: int, member_id: str = "ann", placed_at: str = at(2), **more: Any) -> Document:
    return order(order_id, placed_at, ("x", 1, amount), member_id=member_id, **more)


def claim(grant_id: str, member_id: str = "ann", claimed_at: str = at(4), **more: Any) -> Document:
    return {"type": "claim", "member_id": member_id, "grant_id": grant_id, "claimed_at": claimed_at, **more}


def played(definitions: list[Document], *documents: Document) -> Folding:
    folding = Folding(definitions, DocumentsClock(), partitions=PARTITIONS, figures=True, announce_registrations=True)
    for document in documents:
        folding.take(document, topic=POS_ORDERS if document["type"] in ("purchase", "refund") else MEMBERS)
        folding.turn()
    return folding


def ids(folding: Folding) -> list[str]:
    return [grant["grant_id"] for grant in folding.grants()]


def test_sums_and_ordinals_are_added_and_what_the_sum_owes_is_granted_then() -> None:
    folding = played([program(), spend()], bought("a", 150), bought("b", 150, "bob"), merge(received_at=at(3)), bought("c", 100))
    assert ids(folding) == ["spend/ann/1", "spend/bob/1", "spend/ann/3", "spend/ann/4"]
    by_merge = folding.grants()[2]
    assert (by_merge["order_id"], by_merge["member_id"], by_merge["ordinal"]) == (None, "ann", 3)
    assert by_merge["occurred_at"] == at(3)
    assert folding.thresholds()[2] | {"occurred_at": ""} == {
        "activity": "spend", "member_id": "ann", "first": 3, "last": 3, "progress": 300, "order_id": None, "occurred_at": "",
    }  # fmt: skip
    assert folding.progress() == {("spend", "ann"): 400}
    assert folding.spending() == {("classic", "ann"): 400}


def test_what_is_owed_while_the_activity_is_paused_comes_with_the_next_order_that_counts() -> None:
    def change(what: str, day: int) -> Document:
        return {"type": "change", "change": what, "kind": "activity", "code": "spend", "saved_at": at(day)}

    documents = [bought("a", 150), bought("b", 150, "bob"), change("pause", 3), merge(received_at=at(4)), change("resume", 5)]
    folding = played([program(), spend()], *documents, bought("c", 1, placed_at=at(6)))
    assert ids(folding) == ["spend/ann/1", "spend/bob/1", "spend/ann/3"]
    assert folding.grants()[2]["order_id"] == "c"


def test_once_is_once_for_both() -> None:
    folding = played([program(), spend("once")], bought("a", 100), bought("b", 100, "bob"), merge(), bought("c", 900, "bob"))
    assert ids(folding) == ["spend/ann/1", "spend/bob/1"]


def test_the_ordinals_of_steps_are_added_too() -> None:
    steps = [{"threshold": 10, "gifts": DAILY}, {"threshold": 20, "gifts": DAILY}, {"threshold": 100, "gifts": DAILY}]
    stepped = spend("once")
    stepped["condition"] = {"items": "any", "mode": "once", "measure": "amount", "steps": steps}
    del stepped["gifts"]
    # As many as the sum owes, whichever they are: two of one step are two.
    folding = played([program(), stepped], bought("a", 10), bought("b", 10, "bob"), merge(), bought("c", 79))
    assert ids(folding) == ["spend/ann/1", "spend/bob/1"]
    folding.take(bought("d", 1), topic=POS_ORDERS)
    folding.turn()
    assert ids(folding) == ["spend/ann/1", "spend/bob/1", "spend/ann/3"]
    folding = played([program(), stepped], bought("a", 10), bought("b", 20, "bob"), merge(), bought("c", 70, "bob"))
    assert ids(folding) == ["spend/ann/1", "spend/bob/1", "spend/bob/2"]
    # What the sum owes of steps that neither was given comes with the merge.
    folding = played([program(), stepped], bought("a", 50), bought("b", 50, "bob"), merge())
    assert ids(folding) == ["spend/ann/1", "spend/ann/2", "spend/bob/1", "spend/bob/2"]


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_a_refund_finds_the_old_ids_order_and_so_does_one_that_came_before_it_was_his(who: str) -> None:
    back = refund("r", "b", at(3), ("x", 1, 60), member_id=who)
    late = refund("s", "b", at(3), ("x", 0, 30), member_id="ann")
    more = refund("t", "b", at(3), ("x", 0, 30), member_id=who)
    folding = played([program(), spend()], late, bought("b", 100, "bob"), merge(), back, more)
    assert folding.reasons() == []
    # At most what is left of it.
    assert folding.spending() == {("classic", "ann"): 0}
    assert folding.progress() == {("spend", "ann"): 0}


def test_a_refund_of_the_old_id_that_waits_goes_along() -> None:
    back = refund("r", "c", at(3), ("x", 1, 60), member_id="bob")
    folding = played([program(), spend()], bought("b", 100, "bob"), back, merge(), bought("c", 80, placed_at=at(3)))
    assert folding.reasons() == []
    assert folding.spending() == {("classic", "ann"): 120}


def test_one_that_never_finds_its_order_is_given_up_once() -> None:
    back = refund("r", "none", at(3), ("x", 1, 60), member_id="bob")
    folding = played([program(), spend()], bought("b", 100, "bob"), back, merge(), back, bought("z", 1, placed_at=at(60)))
    assert folding.reasons() == ["unknown_order"]


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_twice_is_once_whoever_it_was(who: str) -> None:
    again, other = bought("b", 100, who), bought("b", 101, who)
    folding = played(
        [program(), spend()], bought("b", 100, "bob"), merge(), again, other, bought("d", 5, "bob"), bought("d", 5, who)
    )
    assert folding.reasons() == ["conflict"]
    assert folding.spending() == {("classic", "ann"): 105}


def test_a_till_that_tries_again_with_another_id_is_known_by_its_receipt() -> None:
    till = {"terminal_id": "t", "receipt_no": "7", "business_date": "2024-01-02"}
    first, again = bought("b", 100, "bob", **till), bought("b2", 100, "ann", **till)
    back = refund("r", "b2", at(3), ("x", 1, 40))
    folding = played([program(), spend()], first, merge(), again, back)
    assert folding.reasons() == []
    assert folding.spending() == {("classic", "ann"): 60}


def test_chains_lead_to_the_last_one() -> None:
    documents = [bought("c", 50, "carl"), merge("carl", "bob"), merge("bob", "ann"), bought("d", 50, "carl")]
    back = refund("r", "c", at(3), ("x", 1, 20), member_id="carl")
    folding = played([program(), spend()], *documents, back, refund("s", "c", at(3), ("x", 0, 100), member_id="ann"))
    assert ids(folding) == ["spend/ann/1"]
    assert folding.spending() == {("classic", "ann"): 50}
    assert folding.reasons() == []


def test_what_was_given_back_of_it_at_each_of_a_chain_stays_given_back() -> None:
    def back(refund_id: str, member_id: str) -> Document:
        return refund(refund_id, "c", at(3), ("x", 0, 30), member_id=member_id)

    documents = [bought("c", 100, "carl"), back("1", "carl"), merge("carl", "bob"), back("2", "bob"), merge("bob", "ann")]
    folding = played([program(), spend()], *documents, back("3", "carl"), back("4", "ann"), back("5", "bob"))
    assert folding.spending() == {("classic", "ann"): 0}


@pytest.mark.parametrize(
    "merges",
    [
        [merge("ann", "ann")],
        [merge(), merge()],
        [merge(), merge("ann", "bob")],
        [merge("bob", "carl"), merge("carl", "ann"), merge("ann", "bob"), merge("ann", "carl")],
    ],
)
def test_to_itself_twice_and_in_a_circle_it_is_harmless(merges: list[Document]) -> None:
    folding = played([program(), spend()], bought("b", 50, "bob"), *merges, bought("a", 50, "ann"))
    assert folding.reasons() == []
    assert sum(folding.progress().values()) == 100
    merged = merges[0]["member_id"] != "ann"
    assert ids(folding) == (["spend/ann/1"] if merged else [])
    assert [row["member_id"] for row in folding.held_levels()] == (["ann"] if merged else ["ann", "bob"])


def test_who_was_merged_and_is_merged_again_takes_the_other_along() -> None:
    folding = played(
        [program(), spend()], bought("b", 50, "bob"), merge(), bought("a", 30), merge("bob", "carl"), bought("c", 20, "ann")
    )
    assert ids(folding) == ["spend/carl/1"]
    assert folding.spending() == {("classic", "carl"): 100}


def test_one_who_was_never_seen_is_registered_by_it() -> None:
    folding = played([program(0, 100), spend()], bought("b", 120, "bob"), merge("bob", "zoe"), merge("nobody", "zoe"))
    assert folding.held_levels() == [
        {"program": "classic", "member_id": "zoe", "level": "two", "since": folding.level_changes()[-1]["since"], "until": None}
        | {"by": "spending"}
    ]


def test_levels_are_judged_afresh_and_what_either_gained_is_not_granted_again() -> None:
    definitions = [program(100, 200, 400), upgrade("classic/*")]
    folding = played(definitions, bought("a", 100), bought("b", 250, "bob"), merge(received_at=at(3)), bought("c", 50))
    gained = ["up/ann/classic/one", "up/bob/classic/one", "up/bob/classic/two", "up/ann/classic/three"]
    assert ids(folding) == gained
    change = folding.level_changes()[-2]
    assert (change["before"], change["level"], change["why"], change["document_id"]) == ("one", "two", "merged", None)


@pytest.mark.parametrize(("regain", "gain"), [(False, ""), (True, "/1")])
def test_a_claim_of_what_an_upgrade_granted_the_other_id_alone_finds_it_or_is_refused_by_name(regain: bool, gain: str) -> None:
    definitions = [program(100, 200), CUP, upgrade("classic/*", regain=regain, gifts=TO_CLAIM)]
    claims = [claim(f"up/{who}/classic/{level}{gain}") for level in ("one", "two") for who in ("bob", "ann", "bob")]
    folding = played(definitions, bought("a", 100), bought("b", 200, "bob"), merge(received_at=at(3)), *claims)
    # Level two was never gained under ann's own id before; with `regain` she gains it by the merge, the second time.
    assert ids(folding) == [f"up/ann/classic/one{gain}", *(f"up/bob/classic/{level}{gain}" for level in ("one", "two"))] + (
        ["up/ann/classic/two/2"] if regain else []
    )
    rows = release_rows(folding.grants(), folding.values(RELEASES))
    assert {row["grant_id"] for row in rows if row["claimed_at"]} == {
        f"up/ann/classic/one{gain}",
        f"up/bob/classic/one{gain}",
        f"up/bob/classic/two{gain}",
    }
    assert folding.reasons() == ["unknown_grant"]


def test_gifts_that_are_not_claimed_are_the_new_members() -> None:
    documents = [bought("b", 200, "bob"), claim("spend/bob/1", "bob", at(2)), merge(received_at=at(3)), claim("spend/bob/1", "ann")]
    more = [claim("spend/bob/2", "ann"), claim("spend/bob/2", "bob"), claim("spend/bob/3"), claim("spend/ann/1")]
    folding = played([program(), CUP, spend(gifts=TO_CLAIM)], *documents, *more)
    rows = release_rows(folding.grants(), folding.values(RELEASES))
    assert [(row["grant_id"], row["member_id"], row["claimed_at"]) for row in rows] == [
        ("spend/bob/1", "bob", at(2)),
        ("spend/bob/2", "ann", at(4)),
    ]
    # What was never made is unknown, also where its ordinal is used up by the other's.
    assert folding.reasons() == ["unknown_grant", "unknown_grant"]


def test_gifts_that_are_held_are_released_to_the_new_member_by_the_sum_of_both() -> None:
    documents = [bought("b", 100, "bob"), refund("r", "b", at(2), ("x", 0, 10), member_id="bob"), bought("z", 1, "zed", at(4))]
    held = played([program(), spend(gifts=DAILY)], *documents)
    assert [row["released_at"] for row in release_rows(held.grants(), held.values(RELEASES))] == [None]
    folding = played([program(), spend(gifts=DAILY)], *documents, bought("a", 50), merge(), bought("y", 1, "zed", at(6)))
    folding.end()
    (row,) = release_rows(folding.grants(), folding.values(RELEASES))
    assert (row["grant_id"], row["member_id"], row["released_at"]) == ("spend/bob/1", "ann", "2024-01-05T00:00:00+00:00")


def test_grants_owed_are_added_for_the_limit() -> None:
    definitions = [program(), spend(limits={"per_member": 3})]
    folding = played(definitions, bought("a", 250), bought("b", 100, "bob"), merge(), bought("c", 100))
    assert ids(folding) == ["spend/ann/1", "spend/ann/2", "spend/bob/1"]
    assert folding.values("refusals")[0]["grant_id"] == "spend/ann/4"


def test_each_is_counted_once() -> None:
    folding = played([program(), spend()], bought("b", 10, "bob"), merge(), bought("a", 10), bought("b2", 10, "bob"))
    (row,) = folding.performance()
    assert (row["orders"], row["members"], row["amount"]) == (3, 1, 30)


def test_a_test_send_is_sent_once() -> None:
    def test_send(member_id: str) -> Document:
        return {"type": "test_send", "test_id": "t", "activity": "spend", "member_id": member_id, "sent_at": at(3)}

    documents = [bought("b", 1, "bob"), test_send("bob"), merge(), test_send("ann"), test_send("bob")]
    folding = played([program(), spend()], *documents, claim("spend/bob/test/t"), claim("spend/bob/test/u"))
    assert ids(folding) == ["spend/bob/test/t"]
    assert folding.reasons() == ["unknown_grant"]


def test_a_member_document_of_the_old_id_is_of_the_new_one() -> None:
    folding = played([program()], bought("b", 1, "bob"), merge(), {"type": "member", "member_id": "bob", "name": "Ann"})
    member = folding.member("ann")
    assert member is not None and member.seldom.profile is not None and member.seldom.profile.name == "Ann"


@pytest.mark.parametrize("then", [{"merged_into": "ann"}, {"deleted": True}])
def test_what_the_same_document_has_him_leave_is_told_as_well(then: Document) -> None:
    club = program(100) | {"code": "club", "default": False}
    document = {"type": "member", "member_id": "bob", "programs": [{"program": "club", "since": at(1)}], **then}
    folding = played([program(100) | {"default": True}, club], bought("a", 150, "bob"), document)
    left = [
        (each["program"], each["level"]) for each in folding.level_changes() if (each["member_id"], each["why"]) == ("bob", "left")
    ]
    assert left == [("classic", None), ("club", None)]
