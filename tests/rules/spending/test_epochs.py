"""Sums by threshold epoch earn what sums by version would (spec 2.5)."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS, Member, Membership
from tables.member.record import encode_member
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.rules.rulebook.saved import LATER_VERSION_DELAY_MS, rulebook, version
from tests.thorough import examples

FIRST_MS = 1_704_110_400_000  # 1 January 2024, noon, as `at(1)`
DAY_MS = 86_400_000
LAST_DAY = 28


def versions(mode: str, thresholds: list[int]) -> Rulebook:
    """The first holds from ever, the n-th from noon of day n on; refs are 1, 2, ..."""
    documents = [spend(mode, threshold) for threshold in thresholds]
    later = [version(each, n + 1, FIRST_MS + n * DAY_MS - LATER_VERSION_DELAY_MS) for n, each in enumerate(documents)]
    return rulebook(version(program()), *later)


def earned_by_version(mode: str, thresholds: list[int], sums: list[int], of: int) -> int:
    """Spec 2.5 to the letter; `of`: the number of the order's version."""
    if mode == "once":
        return int(sum(sums) >= thresholds[of])
    found = total = 0
    for threshold, added in zip(thresholds, sums, strict=True):
        found += max(0, total + added) // threshold - max(0, total) // threshold
        total += added
    return found


DOCUMENTS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 300), st.booleans()), min_size=1, max_size=12)


@examples(150)
@given(st.sampled_from(["every", "once"]), st.lists(st.sampled_from([40, 100, 150]), min_size=1, max_size=6), DOCUMENTS)
def test_grants_are_those_of_the_sums_by_version(mode: str, thresholds: list[int], documents: list[tuple[int, int, bool]]) -> None:
    folding = Folding([program()])
    folding.rulebook = versions(mode, thresholds)
    sums, granted, expected = [0] * len(thresholds), 0, []
    for number, (day, amount, given_back) in enumerate(documents):
        of = min(day, len(thresholds)) - 1
        if given_back:
            folding.take(refund(f"r{number}", None, at(day), ("x", 1, amount)), now_ms=FIRST_MS + LAST_DAY * DAY_MS)
            sums[of] -= amount
            continue
        folding.take(order(f"o{number}", at(day), ("x", 1, amount)), now_ms=FIRST_MS + LAST_DAY * DAY_MS)
        sums[of] += amount
        owed = earned_by_version(mode, thresholds, sums, of)
        expected += [(ordinal, f"o{number}") for ordinal in range(granted + 1, owed + 1)]
        granted = max(granted, owed)
    folding.turn()
    assert [(grant["ordinal"], grant["order_id"]) for grant in folding.grants()] == expected


def test_versions_of_one_threshold_are_one_sum() -> None:
    book = versions("every", [100] * 200)
    assert {activity.epoch for activity in book.activities.values()} == {1}
    assert all(not activity.epochs and activity.stride == 100 for activity in book.activities.values())
    back = versions("every", [100, 100, 50, 50, 100])
    assert [back.activities[ref].epoch for ref in range(1, 6)] == [1, 1, 3, 3, 5]
    assert tuple(back.activities[5].epochs.items()) == ((1, 100), (3, 50), (5, 100))


def member_of(progress: dict[int, int], granted: dict[int, int]) -> Member:
    return Member(memberships=[Membership("classic", ALWAYS_MS, 0)], progress=progress, granted=granted)


def play(folding: Folding, member: Member, *documents: dict[str, Any]) -> Folding:
    folding.tables[0].members["ann"] = encode_member(member)
    for each in documents:
        folding.take(each, now_ms=FIRST_MS + LAST_DAY * DAY_MS)
    folding.turn()
    assert folding.reasons() == []
    return folding


def test_what_an_older_release_kept_by_version_adds_up() -> None:
    folding = Folding([program()])
    folding.rulebook = versions("every", [100, 100, 100, 50])
    # 40 + 35 + 20 under three versions with one threshold: 5 more is the first gift, by an order of the second version.
    play(folding, member_of({1: 40, 2: 35, 3: 20}, {}), order("o", at(2), ("x", 1, 5)))
    assert [grant["grant_id"] for grant in folding.grants()] == ["spend/ann/1"]
    member = folding.member("ann")
    assert member is not None and member.progress == {1: 100}


def test_a_refund_of_what_an_older_release_counted_lowers_the_same_sum() -> None:
    folding = Folding([program()])
    folding.rulebook = versions("every", [100, 100])
    bought = order("o", at(2), ("x", 1, 90))
    folding.take(bought, now_ms=FIRST_MS + LAST_DAY * DAY_MS)
    folding.turn()
    member = folding.member("ann")
    assert member is not None and member.progress == {1: 90}
    # As an older release kept it: under the order's own version.
    by_version = msgspec.structs.replace(member, progress={2: 90})
    play(folding, by_version, refund("r", "o", at(3), ("x", 1, 90)), order("p", at(3), ("x", 1, 99)))
    assert folding.grants() == [] and folding.progress() == {("spend", "ann"): 99}


def test_a_threshold_lowered_below_what_was_spent_is_granted_once_by_the_next_order() -> None:
    folding = Folding([program()])
    folding.rulebook = versions("once", [100, 50])
    play(folding, member_of({1: 90}, {}), order("o", at(2), ("x", 1, 1)), order("p", at(2), ("x", 1, 500)))
    assert [(grant["ordinal"], grant["order_id"]) for grant in folding.grants()] == [(1, "o")]


def test_an_order_of_an_earlier_version_that_owes_too_many_by_a_later_one_is_refused() -> None:
    folding = Folding([program()])
    folding.rulebook = versions("every", [10**9, 1])
    # What was given back under the first holds down what was spent under the second.
    member = member_of({1: -(10**6), 2: 10**6}, {})
    folding.tables[0].members["ann"] = encode_member(member)
    for number, amount in enumerate((10_001, 10_000)):
        folding.take(order(f"o{number}", at(1), ("x", 1, amount)), now_ms=FIRST_MS + LAST_DAY * DAY_MS)
    folding.turn()
    assert folding.reasons() == ["too_many_grants"] and len(folding.grants()) == 10_000
