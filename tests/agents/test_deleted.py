"""Members who are deleted: nothing is left of them but what the books need, and that without the person (spec 1.7)."""

from __future__ import annotations

from typing import Any

import pytest

from streams.topics import RELEASES
from tests.agents.test_merged import CUP, DAILY, TO_CLAIM, bought, claim, ids, merge, played
from tests.oracle.examples import at, program, refund, spend
from tests.releases import release_rows

Document = dict[str, Any]


def delete(member_id: str = "ann", **more: Any) -> Document:
    return {"type": "member", "member_id": member_id, "deleted": True, **more}


def test_what_comes_later_counts_as_anonymous() -> None:
    folding = played([program(), spend()], bought("a", 90), delete(), bought("b", 90), bought("c", 90, "bob"))
    assert ids(folding) == []
    assert folding.spending() == {("classic", "bob"): 90}
    (row,) = folding.performance()
    assert (row["orders"], row["amount"], row["members"]) == (2, 180, 2)
    assert [row["member_id"] for row in folding.held_levels()] == ["bob"]


@pytest.mark.parametrize(
    ("document", "reasons"),
    [
        (refund("r", "a", at(3), ("x", 1, 5)), ["no_member"]),
        (refund("r", None, at(3), ("x", 1, 5)), []),
        (claim("spend/ann/1"), ["unknown_grant"]),
        ({"type": "test_send", "test_id": "t", "activity": "spend", "member_id": "ann", "sent_at": at(3)}, ["unknown_member"]),
        ({"type": "member", "member_id": "ann", "name": "Ann"}, []),
        (merge("ann", "bob"), []),
        (delete(), []),
        # What was taken before is known still.
        (bought("a", 100), []),
        (bought("a", 101), ["conflict"]),
    ],
)
def test_what_only_a_member_sends_is_refused(document: Document, reasons: list[str]) -> None:
    folding = played([program(), CUP, spend(gifts=TO_CLAIM)], bought("a", 100), delete(), document)
    assert folding.reasons() == reasons
    assert folding.member("ann") is None
    assert ids(folding) == ["spend/ann/1"]


def test_gifts_are_dropped() -> None:
    folding = played([program(), spend(gifts=DAILY)], bought("a", 100), delete(), bought("z", 1, "zed", at(9)))
    folding.end()
    assert [row["released_at"] for row in release_rows(folding.grants(), folding.values(RELEASES))] == [None]


def test_refunds_that_wait_are_given_up() -> None:
    folding = played([program()], bought("b", 1), refund("r", "none", at(3), ("x", 1, 5)), delete())
    assert folding.reasons() == ["unknown_order"]


def test_the_ids_that_led_to_him_are_deleted_too_and_whoever_is_merged_into_him() -> None:
    documents = [bought("c", 1, "carl"), merge("carl", "bob"), merge("bob", "ann"), delete("carl")]
    folding = played([program(), spend()], *documents, *(bought(f"{who}-2", 100, who) for who in ("ann", "bob", "carl")))
    more = [bought("d", 50, "dora"), merge("dora", "ann"), bought("d2", 100, "dora")]
    assert ids(folding) == []
    assert folding.spending() == {}
    again = played([program(), spend()], *documents, *more)
    assert (ids(again), again.spending(), again.held_levels()) == ([], {}, [])


def test_who_was_never_seen_is_deleted() -> None:
    folding = played([program(), spend()], delete(), bought("a", 100))
    assert (ids(folding), folding.held_levels()) == ([], [])
