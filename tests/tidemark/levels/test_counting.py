"""Members by program and level, those who reach each threshold, and registrations by day (spec 3.9)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from broker.embedded import EmbeddedBroker
from rules.clock import DocumentsClock
from rules.state import Member
from rules.times import epoch_ms, moment
from tables.member.record import decode_member
from tests.folding import Folding
from tests.generate.terms import life
from tests.oracle.examples import at, order, program, refund
from tests.standing import Standing
from tests.thorough import seeds
from tidemark.levels.counting import Counting, Counts

JANUARY_MS = 1_704_110_400_000
DAY_MS = 86_400_000


def members(folding: Folding) -> list[Member]:
    return [decode_member(data) for table in folding.tables for data in table.members.values()]


def counted(folding: Folding, now_ms: int, days: int = 0) -> Counts:
    counting = Counting(folding.rulebook, now_ms, days)
    for member in members(folding):
        counting.add(member)
    return counting.counts()


@pytest.mark.parametrize("seed", seeds(20, quick=5))
def test_members_are_counted_by_the_levels_that_they_hold(seed: int) -> None:
    rules, lines = life(seed, lines=120, members=25)
    folding = Folding(rules, DocumentsClock())
    for line in lines:
        folding.take(line)
    folding.turn()
    assert folding.clock is not None
    counts = counted(folding, folding.clock.now_ms)
    held = Counter((row["program"], row["level"]) for row in folding.levels())
    for each in counts.programs:
        assert {level.level: level.members for level in each.levels} == {
            level.level: held[each.program, level.level] for level in each.levels
        }
        assert each.without == held[each.program, None]
        assert each.members == sum(number for (code, _), number in held.items() if code == each.program)
    assert counts.members == len({row["member_id"] for row in folding.levels()})


def test_by_history_who_reaches_a_threshold_has_spent_as_much() -> None:
    programs = 0
    for seed in range(40):
        rules, lines = life(seed, lines=60, members=12)
        folding = Folding(rules, DocumentsClock())
        for line in lines:
            folding.take(line)
        folding.turn()
        assert folding.clock is not None
        there = {(row["program"], row["member_id"]) for row in folding.levels()}
        spent = {where: amount for where, amount in folding.spending().items() if where in there}
        by_code = {rule["code"]: rule for rule in rules if rule["kind"] == "program"}
        for each in counted(folding, folding.clock.now_ms).programs:
            if by_code[each.program]["standard"].get("window") != "history":
                continue
            programs += 1
            thresholds = {level["code"]: level.get("threshold") for level in by_code[each.program]["levels"]}
            for level in each.levels:
                least = thresholds[level.level]
                reached = [1 for (code, _), amount in spent.items() if code == each.program and max(0, amount) >= (least or 0)]
                assert level.reached == (None if least is None else len(reached))
    assert programs > 5


def history(*amounts: int, thresholds: tuple[int, ...] = (0, 100, 200), **more: Any) -> Folding:
    """Members of a program by history, each with one order."""
    rules = program(*thresholds, **more)
    folding = Folding([rules])
    for number, amount in enumerate(amounts):
        folding.take(
            order(f"o{number}", at(1 + number % 3), ("x", 1, amount), member_id=f"m{number}"), now_ms=JANUARY_MS + 2 * DAY_MS
        )
    folding.turn()
    return folding


def test_who_reaches_a_threshold_is_counted_for_disabled_levels_too() -> None:
    levels = program(0, 100, 200)["levels"]
    levels[2]["enabled"] = False
    folding = history(50, 100, 150, 199, 200, 900, levels=levels)
    (found,) = counted(folding, JANUARY_MS + 3 * DAY_MS).programs
    assert [(each.level, each.enabled, each.members, each.reached) for each in found.levels] == [
        ("one", True, 1, 6),
        ("two", True, 5, 5),
        ("three", False, 0, 2),
    ]
    assert (found.on, found.members, found.without, found.earlier) == (True, 6, 0, 0)


def test_a_refund_lowers_who_reaches_it() -> None:
    folding = history(100, 200)
    folding.take(refund("r", "o1", at(3), ("x", 1, 101), member_id="m1"), now_ms=JANUARY_MS + 2 * DAY_MS)
    folding.turn()
    (found,) = counted(folding, JANUARY_MS + 3 * DAY_MS).programs
    assert [each.reached for each in found.levels] == [2, 1, 0]


def test_of_a_program_that_is_off_no_level_is_shown_and_it_keeps_counting() -> None:
    folding = history(50, 150, 900, enabled=False)
    (found,) = counted(folding, JANUARY_MS + 3 * DAY_MS).programs
    assert (found.on, found.members, found.without) == (False, 3, 3)
    assert [(each.members, each.reached) for each in found.levels] == [(0, 3), (0, 2), (0, 1)]


@pytest.mark.parametrize(
    ("standard", "expected"),
    [
        # What gained a level counts while its term runs, and what came since does.
        ({"mode": "each"}, [3, 2, 0]),
        ({"mode": "total", "window": "since_upgrade"}, [3, 3, 1]),
        ({"mode": "total", "window": "period", "period": {"days": 30}}, [3, 3, 2]),
        ({"mode": "total", "window": "history"}, [3, 3, 2]),
    ],
)
def test_what_counts_is_what_the_standard_counts(standard: dict[str, Any], expected: list[int]) -> None:
    folding = Folding([program(0, 100, 200, standard=standard)])
    orders = {"a": (60, 60), "b": (120, 60, 70), "c": (150, 40, 20, 150)}
    for member, amounts in orders.items():
        for number, amount in enumerate(amounts):
            document = order(f"{member}{number}", at(1 + number), ("x", 1, amount), member_id=member)
            folding.take(document, now_ms=JANUARY_MS + 9 * DAY_MS)
    folding.turn()
    (found,) = counted(folding, JANUARY_MS + 9 * DAY_MS).programs
    assert [each.reached for each in found.levels] == expected


def test_registrations_are_counted_by_local_day() -> None:
    folding = history(1, 1, 1, 1, timezone="Pacific/Auckland")
    counts = counted(folding, epoch_ms(moment(JANUARY_MS)) + 2 * DAY_MS, days=4)
    # Noon in London is after midnight there.
    assert [(each.day, each.registered, each.members) for each in counts.days] == [
        ("2024-01-01", 0, 0),
        ("2024-01-02", 2, 2),
        ("2024-01-03", 1, 3),
        ("2024-01-04", 1, 4),
    ]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    documents = [order(f"o{n}", at(1), ("x", 1, 50 * n), member_id=f"m{n}") for n in range(1, 9)]
    with EmbeddedBroker() as broker:
        yield Standing(broker.servers, tmp_path_factory.mktemp("definitions"), [program(0, 100, 200)], documents)


def test_all_partitions_are_asked(standing: Standing) -> None:
    found = json.loads(standing.said("levels", "count", "--json"))
    (classic,) = found["programs"]
    assert found["members"] == 8 and [each["members"] for each in classic["levels"]] == [1, 2, 5]
    assert [each["reached"] for each in classic["levels"]] == [8, 7, 5] and classic["on"] is True and found["days"] == []


def test_it_is_shown_on_a_terminal(standing: Standing) -> None:
    lines = standing.said("levels", "count", "--days", "2").splitlines()
    assert lines[0] == "classic (version 1, on): 8 members"
    assert [line.split() for line in lines[2:6]] == [["three", "5", "5"], ["two", "2", "7"], ["one", "1", "8"], ["none", "0"]]
    assert (
        lines[6] == "8 members in all"
        and lines[7].split() == ["day", "registered", "members"]
        and lines[8].split()[1:] == ["0", "8"]
    )


def test_who_is_new_is_counted_under_the_version_that_is_scheduled() -> None:
    later = program(0, 100, 200)
    later["levels"].append({"code": "top", "name": "Top", "threshold": 900})
    folding = Folding([program(0, 100, 200)], DocumentsClock())
    saved: dict[str, Any] = {"type": "change", "change": "save", "kind": "program", "code": "classic", "saved_at": at(2)}
    for document in (
        order("old", at(1), ("x", 1, 950), member_id="old"),
        saved | {"document": later, "existing_at": at(20)},
        order("new", at(3), ("x", 1, 950), member_id="new"),
    ):
        folding.take(document)
    folding.turn()
    assert folding.reasons() == []
    (found,) = counted(folding, JANUARY_MS + 3 * DAY_MS).programs
    assert (found.version, found.members, found.scheduled, found.earlier) == (1, 2, 1, 0)
    assert {each.level: each.members for each in found.levels} == {"one": 0, "two": 0, "three": 1, "top": 1}
    (after,) = counted(folding, JANUARY_MS + 20 * DAY_MS).programs
    # It holds for both by then; the turn that judges the other by it was not yet.
    assert (after.version, after.scheduled, after.earlier) == (2, 0, 1)
