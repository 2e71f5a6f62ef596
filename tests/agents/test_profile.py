"""What members' own documents say of them, and what is remembered of their purchases (spec 1.7, 5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from rules.state import ALWAYS_MS, ON_POS, ONLINE, PURCHASE, Member, Profile
from rules.times import epoch_ms
from streams.topics import MEMBERS
from tests.folding import Folding
from tests.oracle.examples import at, order, refund

PROGRAM = {"kind": "program", "code": "classic", "name": "Classic", "currency": "GBP", "timezone": "Europe/London"}
NOW_MS = epoch_ms(datetime.fromisoformat(at(3)))


def folded(*documents: dict[str, Any]) -> Folding:
    folding = Folding([PROGRAM])
    for document in documents:
        folding.take(document, topic=MEMBERS, now_ms=NOW_MS)
        folding.turn()
    return folding


def member_of(*documents: dict[str, Any]) -> Member:
    member = folded(*documents).member("ann")
    assert member is not None
    return member


def of_ann(**fields: Any) -> dict[str, Any]:
    return {"type": "member", "member_id": "ann", **fields}


def test_what_a_document_does_not_name_stays() -> None:
    member = member_of(
        of_ann(name="Ann", phone="447", birthday="1990-03-08", tags=["vip", "tea"], registered_channel="app", organization="north"),
        of_ann(tags=["tea"], phone=448, mini_programs={"main": "u1", "beta": "u2"}, consents={"sms": True, "email": False}),
        of_ann(name=None, mini_programs={"beta": "u3", "main": None}, consents={"sms": False, "mini_program": None}),
    )
    assert member.seldom.profile == Profile(
        name="Ann",
        phone="448",
        birthday="1990-03-08",
        tags=["tea"],
        registered_channel="online",
        organization="north",
        mini_programs={"main": "u1", "beta": "u3"},
        consents={"sms": False, "email": False},
    )


def test_empty_text_takes_it_away() -> None:
    member = member_of(of_ann(name="Ann", birthday="02-29", tags=["vip"]), of_ann(name="", birthday="", tags=[]))
    assert member.seldom.profile == Profile()


@pytest.mark.parametrize(
    ("documents", "registered"),
    [
        ([of_ann(registered_at=at(1))], at(1)),
        ([order("a", at(1), ("x", 1, 5)), of_ann(name="Ann")], at(1)),
        ([of_ann(), order("a", at(1), ("x", 1, 5))], at(3)),
        ([order("a", at(1), ("x", 1, 5)), of_ann(registered_at=at(2))], at(2)),
        # One that is held is not one yet.
        ([refund("r", "a", at(3), ("x", 1, 5)), order("a", at(1), ("x", 1, 5))], at(1)),
    ],
)
def test_he_is_registered_at_the_time_of_what_first_named_him_unless_it_is_said(documents: list[Any], registered: str) -> None:
    member = member_of(*documents)
    assert member.seldom.registered_ms == epoch_ms(datetime.fromisoformat(registered)) != ALWAYS_MS


def test_purchases_are_counted_refunds_or_not_with_their_channels_and_the_latest() -> None:
    early, late = order("a", at(1), ("x", 1, 5)), order("b", at(2), ("x", 1, 5), imported=True)
    assert member_of(early).bought == PURCHASE + ON_POS
    member = member_of(late, early, early, refund("r", "a", at(3), ("x", 1, 5)), refund("s", None, at(3), ("x", 1, 5)))
    assert member.bought == 2 * PURCHASE + ON_POS
    assert member.last_bought_min == epoch_ms(datetime.fromisoformat(at(2))) // 60_000
    assert member_of(early, order("c", at(1), ("x", 1, 5), channel="online")).bought == 2 * PURCHASE + ON_POS + ONLINE


@pytest.mark.parametrize("placed_at", ["0100-01-01T00:00:00+00:00", "1969-12-31T23:59:59+00:00"])
def test_the_first_purchase_is_the_latest_however_early_it_is(placed_at: str) -> None:
    member = member_of(order("a", placed_at, ("x", 1, 5), imported=True))
    assert member.last_bought_min == epoch_ms(datetime.fromisoformat(placed_at)) // 60_000


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"birthday": "1900-02-29"}, "/birthday"),
        ({"birthday": "8 March"}, "/birthday"),
        ({"tags": "vip"}, "/tags"),
        ({"tags": ["vip"] * 1001}, "/tags"),
        ({"registered_channel": "fax"}, "/registered_channel"),
        ({"consents": {"sms": "yes"}}, "/consents/sms"),
        ({"mini_programs": {"a/b": []}}, "/mini_programs/a~1b"),
    ],
)
def test_what_cannot_be_taken_is_named(fields: dict[str, Any], field: str) -> None:
    folding = folded(of_ann(**fields))
    assert folding.reasons() == ["invalid"]
    (letter,) = folding.values("dead-letters")
    assert letter["detail"].startswith(f"{field}: expected") or "not supported yet" in letter["detail"]
    assert folding.member("ann") is None
