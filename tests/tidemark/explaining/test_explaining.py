"""`tidemark grants` and `tidemark explain`: what is stored of a grant and of an order, told (spec 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.embedded import EmbeddedBroker
from streams.topics import ONLINE_ORDERS
from tests.oracle.examples import at, order, program, refund, spend
from tests.standing import Standing

GIFTS = [
    {"kind": "points", "points": 500},
    {"kind": "coupon", "coupon": "mug", "quantity": 2, "release": "daily", "claim": "member"},
]
DEFINITIONS = [
    program(1_000),
    {"kind": "coupon", "code": "mug", "name": "Mug", "value": 500, "currency": "GBP"},
    {"kind": "message_centre", "code": "message-centre", "coupon_arrival": True},
    spend(gifts=GIFTS, timezone="UTC", notify={"mini_programs": ["main", "other"], "message": "arrived"}),
    spend(code="online", channels=["online"]),
    spend(code="capped", threshold=150, limits={"per_member": 1}),
]
DOCUMENTS = [
    order("a", at(1), ("x", 1, 60)),
    {"type": "member", "member_id": "ann", "mini_programs": {"main": "u1"}},
    order("b", at(2), ("x", 2, 120), payments=[{"method": "gift_card", "amount": 20}]),
    refund("r", "a", at(3), ("x", 1, 30)),
    order("c", at(4), ("x", 3, 330)),
    order("of ben", at(4), ("x", 1, 90), member_id="ben/1"),
    order("of old", at(4), ("x", 1, 120), member_id="old"),
    order("of new", at(4), ("x", 1, 40), member_id="new"),
    order("of gone", at(4), ("x", 1, 290), member_id="gone"),
    {"type": "member", "member_id": "gone", "name": "Gone Person", "phone": "442079460958"},
    {"type": "member", "member_id": "gone", "deleted": True},
    {"type": "member", "member_id": "old", "merged_into": "new"},
    {"type": "claim", "member_id": "ann", "grant_id": "spend/ann/1", "claimed_at": at(5)},
    {"type": "claim", "member_id": "new", "grant_id": "spend/old/1", "claimed_at": at(5)},
    # Another order with an id that was there: a conflict.
    order("b", at(4), ("x", 9, 999), channel="online"),
    # Nothing of these is released any more.
    refund("s", "c", at(5), ("x", 3, 330)),
    order("of ben too", at(5, "23:30:00"), ("x", 1, 10), member_id="ben/1"),
]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with EmbeddedBroker() as broker:
        yield Standing(broker.servers, tmp_path_factory.mktemp("definitions"), DEFINITIONS, DOCUMENTS)


def rows(standing: Standing, *arguments: str | Path, **settings: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in standing.said(*arguments, "--json", **settings).splitlines()]


def test_a_members_grants_are_listed_with_what_became_of_each_gift(standing: Standing) -> None:
    found = {each["grant_id"]: each for each in rows(standing, "grants", "--member", "ann")}
    assert list(found) == ["capped/ann/1", "spend/ann/1", "spend/ann/2", "spend/ann/3", "spend/ann/4"]
    first = found["spend/ann/1"]
    assert (first["order_id"], first["version"], first["occurred_at"]) == ("b", 1, at(2))
    assert [(gift["given"]["kind"], gift["state"]) for gift in first["gifts"]] == [("points", "claimed"), ("coupon", "claimed")]
    assert first["gifts"][1]["released_at"] == at(3, "00:00:00") and first["gifts"][1]["claimed_at"] == at(5)
    # Released at midnight, before its order was given back; and not claimed.
    assert found["spend/ann/4"]["gifts"][1]["state"] == "to_claim"
    (ben,) = rows(standing, "grants", "--member", "ben/1")
    assert (ben["grant_id"], ben["gifts"][1]["state"], ben["gifts"][1]["due_at"]) == (
        "spend/ben%2F1/1",
        "waits",
        at(6, "00:00:00"),
    )


def test_they_are_listed_as_a_table(standing: Standing) -> None:
    lines = standing.said("grants", "--member", "ann").splitlines()
    assert lines[0].split() == ["grant", "version", "occurred", "at", "order", "gift", "what", "state"]
    assert any("spend/ann/1" in line and "2 x mug" in line and f"claimed {at(5)}" in line for line in lines)
    assert standing.run("grants", "--member", "nobody").stderr == "member nobody has no grants\n"


def test_a_grant_is_explained_by_the_orders_that_counted(standing: Standing) -> None:
    (found,) = rows(standing, "explain", "spend/ann/1")
    assert found["grant"]["order_id"] == "b" and found["version"]["document"]["condition"]["threshold"] == 100
    assert [(each["order_id"], each["counted"], each["taken_back"], each["placed_at"]) for each in found["orders"]] == [
        ("a", 60, 30, at(1)),
        ("b", 120, 0, at(2)),
        ("c", 330, 330, at(4)),
    ]
    assert [each["refunds"] for each in found["orders"]] == [
        [{"refund_id": "r", "refunded_at": at(3), "amount": 30}],
        [],
        [{"refund_id": "s", "refunded_at": at(5), "amount": 330}],
    ]
    assert found["sums"] == {"measure": "amount", "now": 150, "named": 150, "others": 0}
    assert list(found["deliveries"]) == ["1", "2"]
    assert all({"sink": "wallet", "state": "no_worker"} in each for each in found["deliveries"].values())
    said = standing.said("explain", "spend/ann/1")
    assert "b  120; placed" in said and "which made the grant" in said and "a  60, 30 of it taken back" in said
    assert "wallet: not given: no worker of this sink has ever run" in said and "no longer kept:" in said


def test_who_was_told_of_its_coupons_is_said_and_how_far_the_sinks_are_with_it(standing: Standing) -> None:
    (found,) = rows(standing, "explain", "spend/ann/1", sinks="wallet,mini_program")
    (told,) = found["notifications"]
    assert (told["at"], told["mini_program"], told["message"]) == (at(3, "00:00:00"), "main", "arrived")
    assert told["deliveries"] == [{"sink": "mini_program", "state": "no_worker"}]
    said = standing.said("explain", "spend/ann/1", sinks="wallet,mini_program")
    assert f"  {at(3, '00:00:00')}  in mini program main, by the text arrived" in said
    assert "mini_program: not given: no worker of this sink has ever run" in said
    # A sink that is not delivered to, and never was, is not spoken of.
    assert "coupon_service" not in said and "mini_program:" not in standing.said("explain", "spend/ann/1")
    # Points alone, and a member who is in none of the mini programs.
    assert [rows(standing, "explain", grant)[0]["notifications"] for grant in ("capped/ann/1", "spend/ben%2F1/1")] == [[], []]


def test_a_grant_that_a_limit_refused_is_explained(standing: Standing) -> None:
    (found,) = rows(standing, "explain", "capped/ann/2")
    assert found["grant"] is None and (found["refused"]["limit"], found["refused"]["order_id"]) == ("per_member", "c")
    assert "refused      by the limit per_member" in standing.said("explain", "capped/ann/2")


def test_an_order_is_explained_activity_by_activity(standing: Standing) -> None:
    (found,) = rows(standing, "explain", "--order", "b", "--member", "ann")
    assert (found["what"], found["placed_at"]) == ("counted", at(2))
    assert [each["reason"] for each in found["dead_letters"]] == ["conflict"]
    assert [(each["activity"], each["counted"], each["kept_out"]) for each in found["activities"]] == [
        ("capped", 120, None),
        ("online", 0, "channel"),
        ("spend", 120, None),
    ]
    assert found["programs"] == [{"program": "classic", "counted": 100}]
    assert sorted(found["grants"]) == ["capped/ann/1", "spend/ann/1"] and found["refused"] == []
    said = standing.said("explain", "--order", "b", "--member", "ann")
    assert "online (cumulative_spend, version 1): did not count, by its channel: it counts online; the order's is pos" in said


def test_an_order_that_no_worker_has_taken_says_so(standing: Standing) -> None:
    standing.put(ONLINE_ORDERS, "ann", order("new", at(6), ("x", 1, 60)))
    (found,) = rows(standing, "explain", "--order", "new", "--member", "ann")
    assert (found["what"], found["activities"], found["came_at"]) == ("waits", [], None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["spend/ann/9"], "there is no grant spend/ann/9"),
        (["nothing"], "there is no grant nothing"),
        (["--order", "zzz", "--member", "ann"], "nothing is known of an order zzz of member ann"),
        (["--order", "b"], "expected a GRANT_ID; or --order ORDER_ID and --member ID"),
        (["spend/ann/1", "--order", "b", "--member", "ann"], "expected a GRANT_ID; or"),
    ],
)
def test_what_is_not_there_is_said(standing: Standing, arguments: list[str], said: str) -> None:
    ran = standing.run("explain", *arguments)
    assert (ran.returncode, ran.stdout) == (1, "") and said in ran.stderr and "Traceback" not in ran.stderr


def test_a_grant_of_a_member_who_was_merged_is_the_others_now(standing: Standing) -> None:
    for asked in ("new", "old"):
        owed, found = rows(standing, "grants", "--member", asked)
        assert (found["grant_id"], found["member_id"]) == ("spend/old/1", "new")
        # What the sum of both owes was granted when they were merged.
        assert (owed["grant_id"], owed["order_id"]) == ("capped/new/1", None)
        assert [gift["state"] for gift in found["gifts"]] == ["claimed", "claimed"] and found["gifts"][1]["claimed_at"] == at(5)
    (found,) = rows(standing, "explain", "spend/old/1")
    assert [(each["order_id"], each["counted"]) for each in found["orders"]] == [("of new", 40), ("of old", 120)]
    assert found["sums"] == {"measure": "amount", "now": 160, "named": 160, "others": 0}
    assert list(found["deliveries"]) == ["1", "2"]
    assert "member old was merged into new: what was not claimed is his, and his sum has both" in found["no_longer_kept"]
    assert "member old was merged into new" in standing.run("grants", "--member", "old").stderr


def test_of_a_member_who_was_deleted_the_books_have_the_grant_and_nobody_has_it(standing: Standing) -> None:
    asked = standing.run("grants", "--member", "gone", "--json")
    assert (asked.returncode, asked.stdout) == (0, "") and "member gone was deleted" in asked.stderr
    assert standing.run("grants", "--member", "gone").stderr.count("\n") == 1
    (found,) = rows(standing, "explain", "spend/gone/1")
    assert (found["grant"]["member_id"], found["orders"], found["sums"]) == (None, [], None)
    # What was given with the grant was given; what was to be released later never was.
    assert [(gift["state"], gift["released_at"]) for gift in found["grant"]["gifts"]] == [("claimed", at(4)), ("gone", None)]
    assert "deleted: what the books need is kept, without the person" in standing.run("explain", "spend/gone/1").stdout
    assert "there is no such member" in standing.run("members", "find", "--phone", "442079460958").stderr
