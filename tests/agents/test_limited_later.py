"""A total or a budget that is added to an activity later counts all that was made before, as in a replay (spec 2.10)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.turns.turn import Turn
from rules.clock import DocumentsClock
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS
from rules.times import epoch_ms
from streams.routing import partition_of
from tables.partition import PartitionTable
from tests.agents.limited import BEFALLS, Limiting, owed_of
from tests.agents.test_limits import CUP, MUG, WORTH, ids, steps
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend
from tests.tables.test_partition import NOON_MS
from tests.thorough import examples

Document = dict[str, Any]
PARTITIONS = 4
MEMBERS = tuple(f"m{number}" for number in range(8))
# Of which versions orders are.
EARLY, LATE = at(1), at(3)
SAVED_AT = at(2)


def saved(version: int, document: Document) -> Saved:
    when_ms = ALWAYS_MS if version == 1 else epoch_ms(datetime.fromisoformat(SAVED_AT))
    return Saved(
        kind=document["kind"],
        code=document["code"],
        version=version,
        saved_at_ms=when_ms,
        document=json.loads(json.dumps(document)),
    )


class Later(Limiting):
    """Each partition comes to know of the version with limits at a time of its own."""

    def __init__(self, first: Document, second: Document) -> None:
        super().__init__([program(), first, CUP, MUG], PARTITIONS)
        definitions = [saved(1, each) for each in (program(), first, CUP, MUG)]
        self.known = set[int]()
        self.before = Rulebook(enumerate(definitions))
        self.after = Rulebook(enumerate([*definitions, saved(2, second)]))

    def begin(self, table: PartitionTable) -> Turn:
        self.rulebook = self.after if table.partition in self.known else self.before
        return super().begin(table)

    def settle(self) -> None:
        """Everybody comes to know of it, and nothing is left."""
        self.known = set(range(PARTITIONS))
        super().settle()

    def buys(self, member_id: str, when: str, amount: int) -> None:
        self.take(
            order(f"o{self._offset}", when, ("x", 1, amount), member_id=member_id), now_ms=epoch_ms(datetime.fromisoformat(LATE))
        )

    def made(self, version: int) -> list[str]:
        return ids([each for each in self.grants() if each["version"] == version])


def decisions(folding: Folding) -> tuple[list[str], list[tuple[str, str]]]:
    return ids(folding.grants()), sorted((each["grant_id"], each["limit"]) for each in folding.values("refusals"))


@pytest.mark.parametrize("limits", [{"total": 5}, {"budget": 2_100}])
def test_a_running_system_decides_as_a_replay_does(limits: dict[str, int]) -> None:
    first, second = (
        spend(gifts=[{"kind": "coupon", "coupon": "cup"}]),
        spend(gifts=[{"kind": "coupon", "coupon": "mug"}], limits=limits),
    )
    running = Later(first, second)
    replay = Folding([program(), first, CUP, MUG], DocumentsClock(), partitions=PARTITIONS)
    change = {"type": "change", "change": "save", "kind": "activity", "code": "spend", "saved_by": "eva", "saved_at": SAVED_AT}
    # Four cups are made of the first version: then one mug more is within either limit.
    early, late = [(member_id, EARLY, 100) for member_id in MEMBERS[:4]], [(member_id, LATE, 100) for member_id in MEMBERS]
    for number, (member_id, when, amount) in enumerate(early):
        replay.take(order(f"early{number}", when, ("x", 1, amount), member_id=member_id))
        running.buys(member_id, when, amount)
        running.settle_before()
    replay.take(change | {"document": second})
    for number, (member_id, when, amount) in enumerate(late):
        replay.take(order(f"late{number}", when, ("x", 1, amount), member_id=member_id))
        running.buys(member_id, when, amount)
        running.settle()
    replay.turn()
    assert decisions(running) == decisions(replay)
    assert len(running.made(1)) == 4 and len(running.made(2)) == 1


def test_who_is_limited_from_the_first_version_on_waits_for_nobody() -> None:
    folding = Limiting([program(), spend(limits={"total": 2}), spend(code="free")])
    folding.take(order("a", at(1), ("x", 1, 350)), now_ms=NOON_MS)
    folding.settle()
    assert len(folding.grants()) == 2 + 3
    assert not any(record.key is not None and record.key.startswith(b"~asked") for record in folding.committed)
    # What has no such limit is counted, in a record of some bytes, and nobody is told.
    made = [record for record in folding.committed if record.key is not None and record.key.startswith(b"~made")]
    assert [(record.key, len(record.value or b"")) for record in made] == [(b"~made/free", 5)]


def test_until_all_partitions_have_told_what_they_made_nothing_is_decided() -> None:
    folding = Later(spend(), spend(limits={"total": 3}))
    for member_id in MEMBERS:
        folding.buys(member_id, EARLY, 100)
    for partition in range(PARTITIONS):
        folding.fold_one(partition)
    last = partition_of(MEMBERS[0], PARTITIONS)
    folding.known = set(range(PARTITIONS)) - {last}
    late = [member_id for member_id in MEMBERS if partition_of(member_id, PARTITIONS) != last]
    for member_id in late:
        folding.buys(member_id, LATE, 100)
    for _ in range(6):
        for partition in folding.known:
            folding.fold_one(partition)
            while folding.publish(partition):
                pass
    assert folding.refusals() == [] and folding.made(2) == []
    folding.settle()
    assert len(folding.made(1)) == len(MEMBERS) and folding.made(2) == []
    assert len(folding.refusals()) == len(late)


ACTIONS = st.one_of(
    st.tuples(st.just(EARLY), st.sampled_from(MEMBERS), st.integers(90, 320)),
    st.tuples(st.just(LATE), st.sampled_from(MEMBERS), st.integers(90, 320)),
    st.tuples(st.just("know"), st.integers(0, 3), st.just(0)),
    BEFALLS,
)


@examples(200)
@given(
    st.lists(ACTIONS, min_size=1, max_size=50), st.one_of(st.none(), st.integers(1, 6)), st.one_of(st.none(), st.integers(0, 4000))
)
def test_neither_is_exceeded_and_nothing_refused_that_fits_whoever_knows_of_it_when_and_whatever_crashes(
    actions: list[tuple[str, Any, int]], total: int | None, budget: int | None
) -> None:
    limits = {name: limit for name, limit in (("total", total), ("budget", budget)) if limit is not None}
    folding = Later(steps(), steps(**limits))
    spent = dict.fromkeys(MEMBERS, 0)
    # What partitions had made when they came to know.
    before: set[str] = set()
    for action, where, amount in actions:
        match action:
            case "know":
                if where not in folding.known:
                    before |= {
                        each["grant_id"] for each in folding.grants() if partition_of(each["member_id"], PARTITIONS) == where
                    }
                    folding.known.add(where)
            case when if where in spent:
                folding.buys(where, when, amount)
                spent[where] += amount
            case _:
                folding.befall(action, where, amount)
    for partition in set(range(PARTITIONS)) - folding.known:
        before |= {each["grant_id"] for each in folding.grants() if partition_of(each["member_id"], PARTITIONS) == partition}
    folding.settle()
    # Of what waited for keepers all is decided, and each partition knows it.
    assert [table.asked_for() for table in folding.tables] == [0] * PARTITIONS
    owed = owed_of(spent)
    made, refused = ids(folding.grants()), {each["grant_id"]: each["limit"] for each in folding.refusals()}
    assert sorted([*made, *refused]) == sorted(owed)
    decided = folding.made(2)
    assert not before & set(decided) or not limits
    if total is not None:
        assert len(decided) <= max(0, total - len(before))
    if budget is not None:
        costly = [each for each in decided if WORTH[owed[each]]]
        assert not costly or sum(WORTH[owed[each]] for each in {*before, *decided}) <= budget
    for grant_id, limit in refused.items():
        assert limit != "total" or len(made) >= (total or 0)
        assert limit != "budget" or sum(WORTH[owed[each]] for each in made) + WORTH[owed[grant_id]] > (budget or 0)
    assert folding.reasons() == []
    assert not any(table.asked for table in folding.tables)
