"""Limits of what an activity gives, through the fold: with keepers elsewhere, crashes, and in a replay (spec 2.10)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.clock import DocumentsClock
from tests.agents.limited import BEFALLS, Limiting, owed_of
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend, upgrade
from tests.tables.test_partition import NOON_MS
from tests.thorough import examples

Document = dict[str, Any]
CUP: Document = {"kind": "coupon", "code": "cup", "name": "Cup", "value": 300, "currency": "GBP"}
MUG: Document = {"kind": "coupon", "code": "mug", "name": "Mug", "value": 500, "currency": "GBP"}
ONE_CUP = [{"kind": "coupon", "coupon": "cup"}]
STEPS = [
    {"threshold": 100, "gifts": ONE_CUP},
    {"threshold": 200, "gifts": [{"kind": "coupon", "coupon": "mug", "quantity": 2}]},
    {"threshold": 300, "gifts": [{"kind": "points", "points": 5}]},
]
WORTH = {1: 300, 2: 1000, 3: 0}
MEMBERS = ("ann", "bob", "cy", "dee", "eva", "fay")


def steps(**limits: int) -> Document:
    document = spend("once", limits=limits)
    document["condition"] = {"items": "any", "mode": "once", "measure": "amount", "steps": STEPS}
    del document["gifts"]
    return document


def ids(documents: list[Document]) -> list[str]:
    return sorted({each["grant_id"] for each in documents})


def test_beyond_the_first_of_a_member_is_refused_and_uses_its_ordinal_up() -> None:
    folding = Folding([program(), spend(limits={"per_member": 2}, gifts=ONE_CUP), CUP])
    folding.take(order("a", at(1), ("x", 1, 350)), now_ms=NOON_MS)
    folding.take(order("b", at(1), ("x", 1, 100), member_id="bob"), now_ms=NOON_MS)
    folding.turn()
    assert ids(folding.grants()) == ["spend/ann/1", "spend/ann/2", "spend/bob/1"]
    (refused,) = folding.values("refusals")
    assert refused == {
        "grant_id": "spend/ann/3",
        "activity": "spend",
        "member_id": "ann",
        "ordinal": 3,
        "level": None,
        "run": None,
        "order_id": "a",
        "occurred_at": at(1),
        "limit": "per_member",
    }


def test_of_a_tier_upgrade_it_is_the_grants_that_were_owed() -> None:
    folding = Folding([program(100, 200, 300), upgrade("classic/*", limits={"per_member": 2})])
    folding.take(order("a", at(1), ("x", 1, 350)), now_ms=NOON_MS)
    folding.turn()
    assert ids(folding.grants()) == ["up/ann/classic/one", "up/ann/classic/two"]
    assert [(each["grant_id"], each["level"]) for each in folding.values("refusals")] == [("up/ann/classic/three", "classic/three")]


@pytest.mark.parametrize("by_documents", [False, True])
def test_a_total_is_decided_by_the_keeper_in_a_replay_line_by_line(by_documents: bool) -> None:
    definitions = [program(), spend(limits={"per_member": 3, "total": 2}, gifts=ONE_CUP), CUP]
    folding = Folding(definitions, DocumentsClock(), partitions=4) if by_documents else Limiting(definitions)
    for member_id in ("ann", "bob", "cy"):
        folding.take(order(member_id, at(1), ("x", 1, 450 if member_id == "ann" else 100), member_id=member_id), now_ms=NOON_MS)
        if isinstance(folding, Limiting):
            folding.settle()
        else:
            folding.turn()
    assert ids(folding.grants()) == ["spend/ann/1", "spend/ann/2"]
    found = [(each["grant_id"], each["limit"]) for each in folding.values("refusals")]
    assert sorted(found) == [
        ("spend/ann/3", "total"),
        ("spend/ann/4", "per_member"),
        ("spend/bob/1", "total"),
        ("spend/cy/1", "total"),
    ]


def test_what_is_not_so_limited_asks_nobody() -> None:
    folding = Limiting([program(), spend(limits={"per_member": 1}), spend(code="free"), upgrade("classic/*")])
    folding.take(order("a", at(1), ("x", 1, 350)), now_ms=NOON_MS)
    folding.settle()
    assert len(folding.grants()) == 4
    assert not any(turn for turns in folding.put_out for turn in turns)
    assert not any(record.key == b"~keeping" for record in folding.committed)


ACTIONS = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(MEMBERS), st.integers(40, 320)),
    BEFALLS,
)


@examples(150)
@given(
    st.lists(ACTIONS, min_size=1, max_size=40),
    st.one_of(st.none(), st.integers(1, 8)),
    st.one_of(st.none(), st.integers(0, 4000)),
    st.one_of(st.none(), st.integers(1, 2)),
)
def test_each_grant_owed_is_made_or_refused_once_whatever_crashes(
    actions: list[tuple[str, Any, int]], total: int | None, budget: int | None, per_member: int | None
) -> None:
    limits = {"total": total, "budget": budget, "per_member": per_member}
    folding = Limiting([program(), steps(**{name: limit for name, limit in limits.items() if limit is not None}), CUP, MUG])
    spent = dict.fromkeys(MEMBERS, 0)
    for number, (action, where, amount) in enumerate(actions):
        match action:
            case "order":
                folding.take(order(f"o{number}", at(1), ("x", 1, amount), member_id=where), now_ms=NOON_MS)
                spent[where] += amount
            case _:
                folding.befall(action, where, amount)
    folding.settle()
    owed = owed_of(spent)
    made, refused = ids(folding.grants()), {each["grant_id"]: each["limit"] for each in folding.refusals()}
    assert sorted([*made, *refused]) == sorted(owed)
    for documents in (folding.grants(), folding.refusals()):
        assert len({str(each) for each in documents}) == len({each["grant_id"] for each in documents})
    worth = sum(WORTH[owed[each]] for each in made)
    assert total is None or len(made) <= total
    assert budget is None or worth <= budget
    for grant_id, limit in refused.items():
        ordinal = owed[grant_id]
        beyond = per_member is not None and ordinal > per_member
        assert (limit == "per_member") == beyond
        assert limit != "total" or len(made) == total
        assert limit != "budget" or (budget is not None and worth + WORTH[ordinal] > budget)
    assert folding.reasons() == []
