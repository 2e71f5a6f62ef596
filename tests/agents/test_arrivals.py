"""Who is told that coupons have arrived, where, and as of when that is switched on (spec 4.3), sentence by sentence."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, NOTIFICATIONS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend

Document = dict[str, Any]
MUG: Document = {"kind": "coupon", "code": "mug", "name": "Mug", "value": 500, "currency": "GBP"}
COUPON: Document = {"kind": "coupon", "coupon": "mug"}
TWO: Document = {"mini_programs": ["main", "shop", "main"], "message": "hi"}
ANN: Document = {"type": "member", "member_id": "ann", "mini_programs": {"main": "u1", "shop": "u2", "other": "u3"}}
BOUGHT = ("x", 1, 100)


def centre(*, on: bool) -> Document:
    return {"kind": "message_centre", "code": "message-centre", "coupon_arrival": on}


def told(definitions: list[Document], *documents: Document) -> list[tuple[str, str, str, str]]:
    """Grant, mini program, user and time of each, in the replay's order."""
    folding = Folding([program(), MUG, *definitions], DocumentsClock())
    for document in documents:
        folding.take(document)
    folding.turn()
    folding.end()
    assert folding.reasons() == []
    found = folding.values(NOTIFICATIONS)
    assert all(each["type"] == "coupon_arrival" and each["message"] == "hi" for each in found)
    return [(each["grant_id"], each["mini_program"], each["user"], each["at"]) for each in found]


def saved(document: Document, saved_at: str) -> Document:
    about = {"type": "change", "change": "save", "saved_by": "eva", "saved_at": saved_at}
    return about | {"kind": document["kind"], "code": document["code"], "document": document}


def test_one_goes_to_each_mini_program_that_is_named_and_that_he_has_an_id_in() -> None:
    activity = spend(gifts=[COUPON], notify=TWO)
    both = told([activity, centre(on=True)], ANN, order("a", at(1), BOUGHT))
    assert both == [("spend/ann/1", "main", "u1", at(1)), ("spend/ann/1", "shop", "u2", at(1))]
    only_main = ANN | {"mini_programs": {"main": "u1", "other": "u3"}}
    assert told([activity, centre(on=True)], only_main, order("a", at(1), BOUGHT)) == both[:1]
    assert told([activity, centre(on=True)], order("a", at(1), BOUGHT)) == []
    assert told([spend(gifts=[COUPON]), centre(on=True)], ANN, order("a", at(1), BOUGHT)) == []


@pytest.mark.parametrize(
    ("consents", "is_told"), [({}, True), ({"mini_program": True}, True), ({"sms": False}, True), ({"mini_program": False}, False)]
)
def test_who_has_said_no_is_not_told_and_who_has_said_nothing_is(consents: Document, is_told: bool) -> None:
    member = ANN | {"consents": consents}
    assert bool(told([spend(gifts=[COUPON], notify=TWO), centre(on=True)], member, order("a", at(1), BOUGHT))) == is_told


def test_a_consent_is_that_of_the_release() -> None:
    activity = spend(gifts=[COUPON | {"release": "daily"}], notify=TWO)
    no, yes = ({"type": "member", "member_id": "ann", "consents": {"mini_program": each}} for each in (False, True))
    definitions = [activity, centre(on=True)]
    assert told(definitions, ANN, order("a", at(1), BOUGHT), no, order("b", at(3), ("x", 1, 1))) == []
    assert len(told(definitions, ANN | no | {"mini_programs": {"main": "u1"}}, order("a", at(1), BOUGHT), yes)) == 1


def test_the_switch_is_judged_when_the_gift_is_released() -> None:
    activity = spend(gifts=[COUPON, COUPON | {"release": "daily"}], notify=TWO | {"mini_programs": ["main"]})
    # On while it is granted and off at midnight, and the other way round.
    documents = [ANN, order("a", at(1), BOUGHT)]
    on_then_off = told(
        [activity, centre(on=True)], *documents, saved(centre(on=False), at(1, "13:00:00")), order("b", at(3), ("x", 1, 1))
    )
    assert [each[-1] for each in on_then_off] == [at(1)]
    off_then_on = told(
        [activity, centre(on=False)], *documents, saved(centre(on=True), at(1, "13:00:00")), order("b", at(3), ("x", 1, 1))
    )
    assert [each[-1] for each in off_then_on] == [at(2, "00:00:00")]


def test_a_switch_that_says_nothing_is_off() -> None:
    silent = {"kind": "message_centre", "code": "message-centre"}
    assert told([spend(gifts=[COUPON], notify=TWO), silent], ANN, order("a", at(1), BOUGHT)) == []


def test_it_is_the_mini_programs_of_the_version_that_granted() -> None:
    activity = spend(gifts=[COUPON | {"release": "daily"}], notify=TWO)
    later = spend(gifts=[COUPON | {"release": "daily"}], notify=TWO | {"mini_programs": ["other"]})
    found = told([activity, centre(on=True)], ANN, order("a", at(1), BOUGHT), saved(later, at(1, "13:00:00")))
    assert [each[1] for each in found] == ["main", "shop"]


def test_what_is_to_be_claimed_is_told_of_once_released_and_not_again_once_claimed() -> None:
    activity = spend(gifts=[COUPON | {"claim": "member"}], notify=TWO | {"mini_programs": ["main"]})
    claim = {"type": "claim", "member_id": "ann", "grant_id": "spend/ann/1", "claimed_at": at(2)}
    assert [each[-1] for each in told([activity, centre(on=True)], ANN, order("a", at(1), BOUGHT), claim)] == [at(1)]


def test_of_a_test_send_too() -> None:
    activity = spend(
        gifts=[COUPON | {"release": "daily"}, {"kind": "points", "points": 5}], notify=TWO | {"mini_programs": ["main"]}
    )
    send = {"type": "test_send", "test_id": "t", "activity": "spend", "member_id": "ann", "sent_at": at(2)}
    folding = Folding([program(), MUG, activity, centre(on=True)], DocumentsClock())
    folding.take(ANN)
    folding.take(send, topic=MEMBERS)
    folding.turn()
    assert [(each["grant_id"], each["at"]) for each in folding.values(NOTIFICATIONS)] == [("spend/ann/test/t", at(2))]
