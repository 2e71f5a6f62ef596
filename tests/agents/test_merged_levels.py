"""Levels that have terms, of members who are merged: what came under either id counts in the terms of both (spec 1.7, 3.4, 3.5)."""

from __future__ import annotations

from typing import Any

import pytest

from streams.topics import PAYMENTS
from tests.agents.test_merged import bought, merge, played
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, upgrade

Document = dict[str, Any]
EACH: Document = {"standard": {"mode": "each"}, "validity": {"days": 10}}
SINCE: Document = {"standard": {"mode": "total", "window": "since_upgrade"}, "validity": {"days": 10}}
PERIOD: Document = {"standard": {"mode": "total", "window": "period", "period": {"days": 5}}, "validity": {"days": 10}}
MERGED = merge(received_at=at(8))


def bobs(order_id: str, amount: int, day: int) -> Document:
    return bought(order_id, amount, "bob", at(day))


def anns(order_id: str, amount: int, day: int) -> Document:
    return bought(order_id, amount, "ann", at(day))


def lived(definitions: list[Document], *documents: Document) -> Folding:
    """To the end of the last document's day."""
    folding = played(definitions, *documents)
    folding.end()
    return folding


def passes(day: int) -> Document:
    """Another's order, that moves the clock."""
    return bought(f"z{day}", 1, "zed", at(day))


def told(folding: Folding, member_id: str = "ann") -> list[tuple[str | None, str]]:
    """The levels that he came to, and why."""
    changes = [each for each in folding.level_changes() if each["member_id"] == member_id and each["before"] != each["level"]]
    return [(each["level"], each["why"]) for each in changes]


@pytest.mark.parametrize("into", ["ann", "bob"])
def test_by_each_the_best_order_of_either_in_the_term_is_what_its_end_is_judged_by(into: str) -> None:
    other = "bob" if into == "ann" else "ann"
    # Bob's gold until the 12th; of its term is ann's order of the 5th, which had gained her silver, until the 15th.
    documents = [bobs("b", 500, 2), anns("a", 150, 5), merge(other, into, received_at=at(8)), passes(14)]
    folding = lived([program(100, 500, **EACH)], *documents)
    assert told(folding, into)[-1] == ("one", "ended")
    (row,) = [row for row in folding.held_levels() if row["member_id"] == into]
    # Judged afresh with the full validity from the term's last day.
    assert (row["level"], row["until"]) == ("one", "2024-01-22")


def test_an_order_of_the_other_id_on_the_day_on_which_a_term_begins_is_not_in_it_and_what_is_given_back_of_it_takes_nothing() -> (
    None
):
    # Ann's orders are of the day on which bob gained gold, and the day after; both would keep silver.
    documents = [bobs("b", 500, 2), bought("a", 150, placed_at=at(2, "20:00:00")), anns("c", 150, 3), MERGED]
    rules = program(100, 500, **EACH)
    same_day, next_day = (refund(f"r{order_id}", order_id, at(9), ("x", 1, 150), member_id="bob") for order_id in "ac")
    folding = lived([rules], *documents, same_day, passes(14))
    assert told(folding)[-1] == ("one", "ended")
    folding = lived([rules], *documents, next_day, passes(14))
    assert told(folding)[-1] == (None, "ended")
    # Taken back twice it would be missing from what comes later.
    folding = lived([rules], *documents, same_day, next_day, anns("d", 150, 10), passes(14))
    assert told(folding)[-1] == ("one", "ended")


def test_a_lock_in_by_the_others_order_and_by_the_sum_of_both() -> None:
    for lock_in, amounts in (("single_order", (60,)), ("period_total", (30, 30))):
        rules = program(100, **EACH, lock_in={"by": lock_in, "extend": {"days": 20}})
        rules["levels"][0]["lock_in_amount"] = 60
        others = [anns(f"a{number}", amount, 4 + number) for number, amount in enumerate(amounts)]
        folding = lived([rules], bobs("b", 100, 2), *others, MERGED, passes(13))
        assert [(row["level"], row["until"]) for row in folding.held_levels() if row["member_id"] == "ann"] == [
            ("one", "2024-02-01")
        ]


def test_since_an_upgrade_what_the_other_spent_after_it_counts() -> None:
    # Ann's 20 are of before bob's upgrade; her 70 after it and his 60 since reach the next level.
    documents = [anns("a", 20, 1), bobs("b", 100, 2), anns("c", 70, 4), bobs("d", 60, 6)]
    folding = lived([program(100, 131, **SINCE)], *documents, MERGED)
    assert told(folding) == [("one", "merged")]
    folding = lived([program(100, 130, **SINCE)], *documents, MERGED)
    assert told(folding) == [("two", "merged")]


@pytest.mark.parametrize("into", ["ann", "bob"])
@pytest.mark.parametrize("days", [10, 30], ids=["renewed", "as it was gained"])
def test_nor_does_what_is_given_back_of_the_day_of_an_upgrade_take_from_what_counts_since(into: str, days: int) -> None:
    # Ann's 40 are of the day of bob's upgrade and do not count since. His 120 renew the level, where its term ends before they are one.
    other = "bob" if into == "ann" else "ann"
    upgraded = [bobs("b", 100, 2), bought("a", 40, "ann", at(2, "20:00:00")), bobs("c", 120, 5), passes(13)]
    united = [merge(other, into, received_at=at(14)), refund("r", "a", at(15), ("x", 1, 40), member_id=into)]
    rules = program(100, 500, **SINCE | {"validity": {"days": days}})
    folding = lived([rules], *upgraded, *united, bought("d", 380, into, at(16)))
    assert told(folding, into)[-1] == ("two", "order")
    folding = lived([rules], *upgraded, *united, bought("d", 379, into, at(16)))
    assert told(folding, into)[-1][0] == "one"


def test_by_period_the_windows_of_both_are_one() -> None:
    folding = lived([program(100, 200, **PERIOD)], anns("a", 90, 2), bobs("b", 60, 4), bobs("c", 60, 6), MERGED)
    assert told(folding) == [("two", "merged")]


def test_of_a_level_that_both_have_paid_for_the_later_day_holds() -> None:
    rules = program(100)
    rules["levels"].append({"code": "plus", "name": "P", "type": "paid", "price": 900, "paid_validity": {"days": 10}})

    def paid(payment_id: str, member_id: str, day: int) -> Document:
        return {"type": "payment", "payment_id": payment_id, "member_id": member_id, "program": "classic", "level": "plus",
                "paid_at": at(day), "amount": 900, "currency": "GBP"}  # fmt: skip

    folding = played([rules])
    for document in (paid("p", "ann", 2), paid("q", "bob", 5)):
        folding.take(document, topic=PAYMENTS)
    folding.take(MERGED, topic="members")
    # Sent again under the other id it is known.
    folding.take(paid("q", "ann", 5), topic=PAYMENTS)
    folding.turn()
    assert folding.reasons() == []
    (row,) = folding.held_levels()
    assert (row["member_id"], row["level"], row["until"], row["by"]) == ("ann", "plus", "2024-01-15", "payment")


def test_a_program_that_is_off_shows_no_level_that_comes_or_goes_with_an_id() -> None:
    club = program(100) | {"code": "club", "default": False, "enabled": False}
    definitions = [program(1_000) | {"default": True}, club]
    joined = {"type": "member", "member_id": "bob", "programs": ["club"]}
    folding = lived(definitions, joined, order("b", at(2), ("x", 1, 150), member_id="bob"), anns("a", 1, 3), MERGED)
    assert told(folding) == told(folding, "bob") == []


@pytest.mark.parametrize("gone", [{"merged_into": "ann"}, {"deleted": True}])
def test_nothing_is_told_of_an_id_of_which_but_a_refund_was_known_that_waits(gone: Document) -> None:
    waits = refund("r", "none", at(2), ("x", 1, 50)) | {"member_id": "bob"}
    left = {"type": "member", "member_id": "bob", "received_at": at(8)} | gone
    assert told(lived([program(0, 100)], waits, left, passes(9)), "bob") == []


def saved(rules: Document, day: int, **more: Any) -> Document:
    about = {"type": "change", "change": "save", "kind": "program", "code": rules["code"], "saved_at": at(day)}
    return about | {"document": rules, **more}


def in_club(member_id: str, *codes: str) -> Document:
    return {"type": "member", "member_id": member_id, "programs": list(codes or ("club",))}


UPGRADES: Document = upgrade() | {"levels": ["club/*"], "regain": True}
CLASSIC = program(1_000) | {"default": True}


def club(*thresholds: int, **more: Any) -> Document:
    return program(*thresholds, **{"standard": {"mode": "each"}} | more) | {"code": "club", "default": False}


def given(folding: Folding) -> list[str]:
    return sorted(grant["grant_id"] for grant in folding.grants())


def test_who_becomes_one_under_a_later_version_is_judged_by_that_at_once() -> None:
    # Ann was there before a ladder without the second level was saved; bob comes afterwards.
    scheduled = saved(club(100), 3, existing_at=at(30))
    documents = [in_club("ann"), anns("z", 1, 2), scheduled, anns("a", 600, 4), merge("ann", "bob")]
    folding = lived([CLASSIC, club(100, 500), UPGRADES], *documents)
    assert told(folding, "bob") == [("two", "merged"), ("one", "merged")]
    (row,) = [row for row in folding.held_levels() if (row["program"], row["member_id"]) == ("club", "bob")]
    assert (row["level"], row["until"], row["by"]) == ("one", None, "spending")
    # What falls gains nothing.
    assert given(folding) == ["up/ann/club/one/1", "up/ann/club/two/1"]


@pytest.mark.parametrize(("thresholds", "level"), [((200, 500), None), ((100, 500), "one"), ((100, 140), "two")])
def test_a_program_that_was_left_is_come_back_to_by_its_rules_of_now_and_nothing_is_gained_by_that(
    thresholds: tuple[int, ...], level: str | None
) -> None:
    left = [in_club("ann"), anns("a", 150, 2), in_club("ann", "classic"), in_club("bob")]
    documents = [*left, saved(club(*thresholds), 3), bobs("y", 1, 4), merge("bob", "ann"), anns("b", 1, 5)]
    folding = lived([CLASSIC, club(100, 500), UPGRADES], *documents)
    assert told(folding)[2:] == ([] if level is None else [(level, "merged")])
    assert given(folding) == ["up/ann/club/one/1"]


def test_terms_of_a_program_that_was_left_have_ended_when_it_is_come_back_to() -> None:
    # Renewed on the 12th by the order of the 3rd, until the 22nd.
    left = [in_club("ann"), anns("a", 150, 2), anns("b", 150, 3), in_club("ann", "classic"), in_club("bob")]
    rules = club(100, validity={"days": 10})
    folding = lived([CLASSIC, rules, UPGRADES], *left, passes(20), merge("bob", "ann"))
    assert told(folding)[2:] == [("one", "merged")] and given(folding) == ["up/ann/club/one/1"]
    folding = lived([CLASSIC, rules, UPGRADES], *left, passes(20), merge("ann", "bob"))
    assert told(folding, "bob") == [("one", "merged")]
    folding = lived([CLASSIC, rules, UPGRADES], *left, passes(23), merge("bob", "ann"))
    assert told(folding)[2:] == []
