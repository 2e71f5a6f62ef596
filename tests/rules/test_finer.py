"""Documents and definitions that meet within a millisecond: boundaries are exact to the microsecond, what is finer is cut (spec 1.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, PAYMENTS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import order, program, refund, spend, upgrade

Document = dict[str, Any]
# Milliseconds beside one another, and microseconds of them.
BOUNDARIES = st.tuples(st.integers(0, 2), st.integers(0, 999)).map(lambda at: at[0] * 1000 + at[1])
UNDER_A_SECOND = 1_000_000


def at(us: int, finer: str = "") -> str:
    """Noon, and so many microseconds; `finer`: more decimals."""
    return f"2024-01-10T12:00:00.{us:06}{finer}+00:00"


def bought(us: int, number: str = "o", amount: int = 100) -> Document:
    return order(number, at(us), ("x", 1, amount))


def member(**more: Any) -> Document:
    return {"type": "member", "member_id": "ann", **more}


def play(definitions: list[Document], *documents: Document) -> Folding:
    folding = Folding(definitions, DocumentsClock(), announce_registrations=True)
    for each in documents:
        folding.take(each, topic={"member": MEMBERS, "payment": PAYMENTS}.get(each["type"], POS_ORDERS))
    folding.turn()
    folding.end()
    assert folding.reasons() == []
    return folding


def level_of(folding: Folding) -> str | None:
    found = folding.member("ann")
    assert found is not None
    return found.memberships[0].level


def starts(us: int, **more: Any) -> list[Document]:
    return [program(10_000), spend(starts_at=at(us), **more)]


KINDS = {
    "any": {},
    "designated": {"item_scope": {"include": ["x"]}},
    "excluding": {"item_scope": {"exclude": ["y"]}},
    "pieces": {"measure": "pieces", "threshold": 1},
    "of a store": {"stores": {"stores": ["n-1"]}},
}


@pytest.mark.parametrize("more", KINDS.values(), ids=KINDS)
@given(starts_us=BOUNDARIES, placed_us=BOUNDARIES)
def test_an_activity_begins_with_its_microsecond(more: Document, starts_us: int, placed_us: int) -> None:
    folding = play(starts(starts_us, **more), bought(placed_us))
    assert bool(folding.grants()) == (placed_us >= starts_us)


@given(st.lists(BOUNDARIES, min_size=2, max_size=3), BOUNDARIES)
def test_so_do_several_within_one_millisecond(starting: list[int], placed_us: int) -> None:
    activities = [spend(starts_at=at(us), code=f"spend{number}") for number, us in enumerate(starting)]
    # Others of the store, one that is over and one that goes on, are as ever.
    activities += [spend(ends_at="2024-01-10T11:59:59+00:00", code="over"), spend(code="always", stores={"stores": ["n-1"]})]
    folding = play([program(10_000), *activities], bought(placed_us))
    begun = [f"spend{number}" for number, us in enumerate(starting) if placed_us >= us]
    assert sorted(each["activity"] for each in folding.grants()) == sorted(["always", *begun])


@given(starts_us=BOUNDARIES, placed_us=BOUNDARIES)
def test_what_takes_back_without_an_order_is_judged_likewise(starts_us: int, placed_us: int) -> None:
    back = refund("r", None, at(placed_us), ("x", 1, 60))
    folding = play(starts(starts_us), back, bought(UNDER_A_SECOND - 1))
    assert bool(folding.grants()) == (placed_us < starts_us)


@given(starts_us=BOUNDARIES, placed_us=BOUNDARIES)
def test_an_upgrade_is_judged_by_the_microsecond_of_what_gained_it(starts_us: int, placed_us: int) -> None:
    folding = play([program(100), upgrade("classic/*", starts_at=at(starts_us))], bought(placed_us))
    assert bool(folding.grants()) == (placed_us >= starts_us)


@given(active_us=BOUNDARIES, placed_us=BOUNDARIES, standard=st.sampled_from(["history", "each", "since_upgrade"]))
def test_orders_before_active_from_never_count(active_us: int, placed_us: int, standard: str) -> None:
    rule = {"mode": "each"} if standard == "each" else {"mode": "total", "window": standard}
    folding = play([program(100, active_from=at(active_us), standard=rule)], bought(placed_us))
    assert level_of(folding) == ("one" if placed_us >= active_us else None)
    # Nor does what takes back.
    folding = play([program(100, active_from=at(active_us))], refund("r", None, at(placed_us), ("x", 1, 60)))
    assert folding.spending()["classic", "ann"] == (-60 if placed_us >= active_us else 0)


@given(since_us=BOUNDARIES, placed_us=BOUNDARIES)
def test_nothing_counts_before_a_membership_began(since_us: int, placed_us: int) -> None:
    joins = member(registered_at=at(0), programs=[{"program": "classic", "since": at(since_us)}])
    folding = play([program(100), spend()], joins, bought(placed_us))
    counts = placed_us >= since_us
    assert (level_of(folding), bool(folding.grants())) == ("one" if counts else None, counts)
    folding = play([program(100), spend()], joins, refund("r", None, at(placed_us), ("x", 1, 60)))
    assert folding.spending()["classic", "ann"] == (-60 if counts else 0)


@pytest.mark.parametrize("placed_at", ["1969-12-01T00:00:00+00:00", "1969-12-31T23:59:59.998+00:00", "1970-01-01T00:00:00+00:00"])
def test_where_a_membership_says_no_time_all_counts_of_whatever_year(placed_at: str) -> None:
    folding = play([program(100), spend()], *(order(number, placed_at, ("x", 1, 60)) for number in "op"))
    assert (level_of(folding), len(folding.grants())) == ("one", 1)


@given(BOUNDARIES, BOUNDARIES, BOUNDARIES)
def test_of_two_who_become_one_it_began_with_the_earlier(mine_us: int, his_us: int, placed_us: int) -> None:
    joins = [
        member(member_id=name, registered_at=at(0), programs=[{"program": "classic", "since": at(us)}])
        for name, us in (("ann", mine_us), ("bob", his_us))
    ]
    folding = play([program(100)], *joins, member(member_id="bob", merged_into="ann"), bought(placed_us))
    assert level_of(folding) == ("one" if placed_us >= min(mine_us, his_us) else None)


@given(since_us=BOUNDARIES, again_us=st.integers(0, 2).map(lambda ms: ms * 1000), placed_us=BOUNDARIES)
def test_a_later_document_sets_it_anew(since_us: int, again_us: int, placed_us: int) -> None:
    joins = [member(registered_at=at(0), programs=[{"program": "classic", "since": at(us)}]) for us in (since_us, again_us)]
    folding = play([program(100)], *joins, bought(placed_us))
    assert level_of(folding) == ("one" if placed_us >= again_us else None)


def registered(segment: Document) -> Document:
    gifts = [{"kind": "points", "points": 1}]
    schedule = {"at": "2024-01-10T13:00:00+00:00"}
    return {
        "kind": "activity",
        "type": "bulk",
        "code": "run",
        "name": "Run",
        "segment": segment,
        "schedule": schedule,
        "gifts": gifts,
    }


BY_A_DOCUMENT: dict[str, Callable[[int], Document]] = {
    "its own": lambda us: member(registered_at=at(us)),
    "an order": bought,
}


@pytest.mark.parametrize("by", BY_A_DOCUMENT)
@given(bound_us=BOUNDARIES, registered_us=BOUNDARIES)
def test_who_was_registered_since_and_before(by: str, bound_us: int, registered_us: int) -> None:
    late = order("clock", "2024-01-10T14:00:00+00:00", ("x", 1, 1), member_id="zed")
    document = BY_A_DOCUMENT[by](registered_us)
    for bound, expected in (("since", registered_us >= bound_us), ("before", registered_us < bound_us)):
        folding = play([program(10_000), registered({"registered": {bound: at(bound_us)}})], document, late)
        assert ("ann" in {each["member_id"] for each in folding.grants()}) == expected


TERMS: Document = {"standard": {"mode": "each"}, "validity": {"days": 10}, "lock_in": {"by": "single_order", "extend": {"days": 5}}}


def of_levels(*thresholds: int) -> Document:
    found = program(*thresholds, **TERMS)
    for level in found["levels"]:
        level["lock_in_amount"] = 50
    return found


@given(BOUNDARIES)
def test_since_when_a_level_is_held_is_told_as_it_was_given(us: int) -> None:
    # It is told anew once it is locked in, which changes until when.
    folding = play([of_levels(100)], bought(us), order("next", at(us).replace("10T12", "11T12"), ("x", 1, 60)))
    told = folding.level_changes()
    assert [(each["level"], each["since"]) for each in told[-2:]] == [("one", _as_written(us))] * 2
    assert told[-1]["until"] == "2024-01-25"


@pytest.mark.parametrize("by", BY_A_DOCUMENT)
@given(us=BOUNDARIES)
def test_so_is_that_of_who_is_registered_into_one(by: str, us: int) -> None:
    folding = play([program(0, 10_000)], BY_A_DOCUMENT[by](us), member(name="Ann"), bought(UNDER_A_SECOND - 1, "more"))
    assert [(each["level"], each["since"]) for each in folding.level_changes()] == [("one", _as_written(us))]


@given(us=BOUNDARIES)
def test_and_of_a_program_that_is_off_and_on_again(us: int) -> None:
    saves = [
        {"type": "change", "change": "save", "kind": "program", "code": "classic", "saved_at": f"2024-01-{day}T00:00:00+00:00",
         "saved_by": "eva", "document": program(100, enabled=on)}
        for day, on in ((12, False), (14, True))
    ]  # fmt: skip
    folding = Folding([program(100)], DocumentsClock())
    for each in (bought(us), *saves, order("next", "2024-01-16T00:00:00+00:00", ("x", 1, 1))):
        folding.take(each)
    folding.turn()
    told = [(each["level"], each["since"]) for each in folding.level_changes()]
    assert (told[0], told[-1]) == (("one", _as_written(us)),) * 2 and len(told) == 3


def test_what_is_finer_than_a_microsecond_is_cut_off_of_definitions_too() -> None:
    # Rounded, each would be a microsecond later, and the end a second.
    assert play([program(10_000), spend(starts_at=at(5, "9"))], bought(5)).grants()
    activity = spend(ends_at="2024-01-10T11:59:59.9999999+00:00")
    assert not play([program(10_000), activity], bought(0)).grants()
    assert level_of(play([program(100, active_from=at(5, "9"))], bought(5))) == "one"
    assert play([program(10_000), registered({"registered": {"since": at(5, "9")}})], member(registered_at=at(5)),
                order("clock", "2024-01-10T14:00:00+00:00", ("x", 1, 1), member_id="zed")).grants()  # fmt: skip


def _as_written(us: int) -> str:
    return at(us).replace(".000000", "")


@given(BOUNDARIES)
def test_a_run_is_not_made_before_its_activity_begins_nor_for_who_comes_to_its_program_later(us: int) -> None:
    late = order("clock", "2024-01-10T14:00:00+00:00", ("x", 1, 1), member_id="zed")
    joins = member(registered_at="2024-01-09T12:00:00+00:00", programs=[{"program": "classic", "since": at(us)}])
    run = registered({"program": "classic"}) | {"schedule": {"at": at(1000)}}
    assert ("ann" in {each["member_id"] for each in play([program(10_000), run], joins, late).grants()}) == (us <= 1000)
    begins = run | {"starts_at": at(us), "programs": ["classic"]}
    assert bool(play([program(10_000), begins], member(registered_at="2024-01-09T12:00:00+00:00"), late).grants()) == (us <= 1000)
