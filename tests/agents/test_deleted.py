"""Members who are deleted: nothing is left of them but what the books need, and that without the person (spec 1.7)."""

from __future__ import annotations

from typing import Any

import pytest

from streams.topics import LIMITED, RELEASES
from tests.agents.test_merged import CUP, DAILY, TO_CLAIM, bought, claim, ids, merge, played
from tests.folding import Folding
from tests.oracle.examples import at, program, refund, spend
from tests.releases import release_rows
from tests.tables.test_partition import NOON_MS

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


def test_of_the_person_nothing_is_left_in_the_changelog_once_it_is_compacted() -> None:
    def profile(member_id: str) -> Document:
        more = {"phone": "+44 20 7946", "birthday": "1990-03-08", "mini_programs": {"main": "openid-ann"}}
        return {"type": "member", "member_id": member_id, "name": "Ann Example", **more}

    mine = [profile("ann-1"), profile("ann-2"), bought("a", 250, "ann-1"), bought("b", 250, "ann-2"), merge("ann-2", "ann-1")]
    waits = refund("r", "none", at(1), ("x", 1, 5), member_id="ann-1")
    folding = Folding([program(100), CUP, spend(gifts=[*TO_CLAIM, *DAILY])], announce_registrations=True)
    for document in (*mine, waits, delete("ann-2")):
        folding.take(document, now_ms=NOON_MS)
        folding.turn()
        publish_limited(folding)
    assert folding.reasons() == ["unknown_order"]
    # What a turn has put out stands in one of eight places, until another takes it.
    for number in range(16):
        folding.take(bought(f"z{number}", 100, f"zed-{number}", at(1)), now_ms=NOON_MS)
        folding.turn()
    latest = {record.key: record.value for record in folding.committed}
    assert not [key for key, value in latest.items() if value is not None and b"ann-" in (key or b"") + value]
    assert not [value for value in latest.values() if value is not None and (b"Example" in value or b"7946" in value)]
    assert any(b"ann-1" in (key or b"") for key, value in latest.items() if value is None)


def publish_limited(folding: Folding) -> None:
    """Brings what was put out for a partition there, until nothing is left."""
    taken = 0
    while len(records := folding.outputs[f"{LIMITED}/0"]) > taken:
        for record in records[taken:]:
            folding.take(record.value, topic=LIMITED, partition=0, headers=record.headers, now_ms=NOON_MS)
        taken = len(records)
        folding.turn()
    folding.outputs[f"{LIMITED}/0"].clear()
