"""Merges over several partitions of workers, any of which may be killed, and say again what was not acknowledged (spec 1.7)."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.agents.limited import Limiting
from tests.agents.test_merged import TO_CLAIM, bought, claim, merge, played
from tests.oracle.examples import at, program, refund, spend, upgrade
from tests.tables.test_partition import NOON_MS
from tests.thorough import seeds

Document = dict[str, Any]
CUP: Document = {"kind": "coupon", "code": "cup", "name": "Cup", "value": 300, "currency": "GBP"}
DEFINITIONS = [
    program(100, 300),
    CUP,
    spend(gifts=TO_CLAIM),
    spend(code="few", limits={"total": 4}),
    upgrade("classic/*"),
]
MEMBERS = ("ann", "bob", "carl", "dora", "edgar", "fay")


def life(random_: random.Random) -> list[Document]:
    """Orders of a few members, refunds of them in whoever's name, sends of the same again, claims, merges and deletions."""
    documents: list[Document] = []
    for number in range(40):
        who = random_.choice(MEMBERS)
        what = random_.random()
        orders = [each for each in documents if each["type"] == "purchase"]
        if what < 0.45 or not orders:
            documents.append(bought(f"o{number}", random_.choice((30, 60, 110)), who, at(1)))
        elif what < 0.6:
            named = random_.choice([*(each["order_id"] for each in orders), f"o{number + 2}"])
            amount = random_.choice((10, 30, 60))
            documents.append(refund(f"r{number}", named, at(1), ("x", 0, amount), member_id=who))
        elif what < 0.72:
            documents.append(random_.choice(orders) | {"member_id": who})
        elif what < 0.8:
            documents.append(claim(f"spend/{random_.choice(MEMBERS)}/{random_.randint(1, 3)}", who, at(1)))
        elif what < 0.97:
            documents.append(merge(who, random_.choice(MEMBERS)))
        else:
            documents.append({"type": "member", "member_id": who, "deleted": True})
    return documents


def came(folding: Any) -> tuple[Any, ...]:
    return (
        sorted(grant["grant_id"] for grant in folding.grants()),
        sorted(refusal["grant_id"] for refusal in folding.values("refusals")),
        sorted((each["grant_id"], each["gift"], each["event"], each["member_id"]) for each in folding.values("releases")),
        folding.progress(),
        folding.spending(),
        sorted((row["member_id"], row["level"]) for row in folding.levels()),
        sorted(folding.reasons()),
    )


def some_work(folding: Limiting, random_: random.Random, most: int) -> None:
    """Partitions, at random, fold a record, publish what they have put out, or crash and publish it again."""
    for _ in range(random_.randint(0, most)):
        partition = random_.randrange(len(folding.tables))
        if folding.waiting(partition):
            folding.fold_one(partition)
        if random_.random() < 0.5:
            folding.publish(partition)
        if random_.random() < 0.4:
            folding.crash(partition, random_.randint(1, 3))


@pytest.mark.parametrize("seed", seeds(60, quick=8))
def test_whatever_is_said_again_it_comes_out_as_in_a_replay(seed: int) -> None:
    random_ = random.Random(seed)
    documents = life(random_)
    folding = Limiting(DEFINITIONS)
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
        some_work(folding, random_, 6)
        folding.settle()
    assert came(folding) == came(played(DEFINITIONS, *documents))


@pytest.mark.parametrize("seed", seeds(40, quick=8))
def test_nothing_is_lost_or_doubled_however_far_apart_the_partitions_are(seed: int) -> None:
    random_ = random.Random(seed)
    documents = [each for each in life(random_) if each["type"] != "member" or not each.get("deleted")]
    documents = [each for each in documents if each["type"] == "purchase" or "merged_into" in each]
    folding = Limiting([program(100, 300), spend()])
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
        some_work(folding, random_, 3)
    folding.settle()
    assert folding.reasons().count("internal_error") == 0
    # Which of two ids they end under depends on who was first; that all of it is there does not.
    sums = folding.progress()
    granted = [grant["grant_id"] for grant in folding.grants()]
    assert len(granted) == len(set(granted))
    for sum_, who in ((sum_, who) for (_, who), sum_ in sums.items()):
        member = folding.member(who)
        assert member is not None and member.registered
        (owed,) = member.granted.values() or (0,)
        assert owed >= sum_ // 100
    assert sum(sum(m.granted.values()) for who in MEMBERS if (m := folding.member(who)) is not None) == len(granted)
