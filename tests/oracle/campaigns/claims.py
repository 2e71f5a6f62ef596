"""Claims, and grants that are sent as a test (spec 2.7, 2.9)."""

from __future__ import annotations

from typing import Any

from ..values import Refused
from .grants import give, make
from .state import State

Document = dict[str, Any]


def take_claim(state: State, claim: Document, at_us: int) -> None:
    grant = state.played.grants.get(claim["grant_id"])
    if grant is None or grant.owner != claim["member_id"] or grant.dropped or grant.owner in state.deleted:
        raise Refused("unknown_grant", "unknown")
    if "gift" in claim:
        if claim["gift"] > len(grant.gifts):
            raise Refused("unknown_grant", "it has not so many")
        gift = grant.gifts[claim["gift"] - 1]
        if gift.claimed is not None:
            return
        if gift.released is None or gift.released > at_us:
            raise Refused("not_released", "not yet")
        if gift.last is not None and gift.last < at_us:
            raise Refused("expired", "over")
        gift.claim(at_us, grant.zone)
        return
    for gift in grant.gifts:
        open_ = gift.released is not None and gift.released <= at_us and gift.claimed is None
        if open_ and (gift.last is None or at_us <= gift.last):
            gift.claim(at_us, grant.zone)


def take_test_send(state: State, test: Document, at_us: int) -> None:
    chain = state.definitions.chains.get(("activity", test["activity"]))
    number = test.get("version", len(chain.versions) if chain else 0)
    if chain is None or not 1 <= number <= len(chain.versions) or chain.versions[number - 1].state == "archived":
        raise Refused("invalid", "no such version")
    if test["member_id"] not in state.members:
        raise Refused("unknown_member", "unknown")
    if (test["member_id"], test["test_id"]) in state.tests:
        return
    state.tests.add((test["member_id"], test["test_id"]))
    version, member = chain.versions[number - 1], state.members[test["member_id"]]
    grant = make(state, version, member, f"test/{test['test_id']}", at_us, version.document["gifts"], test=test["test_id"])
    give(state, grant, version.document, state.clock)
