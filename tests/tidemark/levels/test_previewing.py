"""What a changed program would make of its members is what it makes of them (spec 3.6)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.embedded import EmbeddedBroker
from rules.clock import DocumentsClock
from rules.definitions.saved import Saved
from rules.rulebook.chains import LATER_VERSION_DELAY_MS
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS
from rules.times import at_utc
from streams.topics import MEMBERS, PAYMENTS, POINTS, POS_ORDERS
from tests.folding import Folding
from tests.generate.terms import life
from tests.oracle.examples import at, order, program, upgrade
from tests.standing import Standing
from tests.thorough import seeds
from tidemark.levels.previewing import OfProgram, Previewing, changed_programs

Document = dict[str, Any]
TOPICS = {"member": MEMBERS, "payment": PAYMENTS, "points": POINTS}
CUP: Document = {"kind": "coupon", "code": "cup", "name": "A cup", "value": 300, "currency": "GBP"}


def previewed(folding: Folding, definitions: list[Document], document: Document, now_ms: int) -> list[OfProgram]:
    """Of the definitions, as first versions, and the document as a second one."""
    first = [Saved(kind=each["kind"], code=each["code"], version=1, saved_at_ms=ALWAYS_MS, document=each) for each in definitions]
    second = Saved(kind=document["kind"], code=document["code"], version=2, saved_at_ms=now_ms, document=document)
    after = Rulebook(enumerate([*first, second]), closes_after_ms=folding.rulebook.closings.closes_after_ms)
    assert after.left_out == []
    previewing = Previewing(folding.rulebook, after, changed_programs(folding.rulebook, after), now_ms)
    for table in folding.tables:
        for member_id, data in table.members.items():
            previewing.add(member_id, data)
    return previewing.programs()


@pytest.mark.parametrize("seed", seeds(60, quick=10))
def test_it_is_what_comes_of_the_change_at_once(seed: int) -> None:
    definitions, documents = life(seed, 60, members=8, changes=True)
    saves = [each for each in documents if each["type"] == "change" and each["change"] == "save"]
    change = {name: value for name, value in saves[-1].items() if name != "existing_at"}
    clock = DocumentsClock()
    folding = Folding(definitions, clock, announce_registrations=True)
    for document in documents:
        if document["type"] != "change":
            folding.take(document, topic=TOPICS.get(document["type"], POS_ORDERS))
    folding.turn()
    clock.reach(clock.now_ms + LATER_VERSION_DELAY_MS)
    folding.see_to_all(clock.now_ms)
    now_ms, told, granted = clock.now_ms, len(folding.level_changes()), len(folding.grants())
    found = previewed(folding, definitions, change["document"], now_ms)
    folding.take(change | {"saved_at": at_utc(now_ms)})
    folding.turn()
    clock.reach(now_ms + LATER_VERSION_DELAY_MS)
    folding.see_to_all(clock.now_ms)
    moves: Counter[tuple[str | None, str | None]] = Counter()
    for each in folding.level_changes()[told:]:
        if each["why"] == "rule" and each["before"] != each["level"]:
            moves[each["before"], each["level"]] += 1
    for of_program in found:
        if change["document"].get("enabled", True):
            assert {(move.before, move.after): move.members for move in of_program.moves if move.before != move.after} == dict(
                moves
            )
        else:
            assert not moves and all(move.after is None for move in of_program.moves)
        assert of_program.up + of_program.down + of_program.stay == of_program.members
        assert of_program.gifts.grants == len(folding.grants()) - granted


def test_what_upgrades_give_is_worth_what_their_coupons_are() -> None:
    gifts = [{"kind": "coupon", "coupon": "cup", "quantity": 2}, {"kind": "points", "points": 50}]
    definitions = [program(100, 300), CUP, upgrade("classic/*") | {"gifts": gifts}]
    folding = Folding(definitions, DocumentsClock())
    for number, amount in enumerate((20, 60, 350, 120)):
        folding.take(order(f"o{number}", "2024-01-01T12:00:00+00:00", ("x", 1, amount)) | {"member_id": f"m{number}"})
    folding.turn()
    (found,) = previewed(folding, definitions, program(50, 400), 1_704_200_000_000)
    assert (found.up, found.down, found.stay) == (1, 1, 2)
    assert [(move.before, move.after, move.members) for move in found.moves if move.before != move.after] == [
        (None, "one", 1),
        ("two", "one", 1),
    ]
    assert [(each.level, each.members, each.reached) for each in found.levels] == [("one", 3, 3), ("two", 0, 0)]
    assert (found.gifts.grants, found.gifts.points, found.gifts.coupons, found.gifts.value) == (1, 50, {"cup": 2}, {"GBP": 600})


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    documents = [order(f"o{n}", at(1), ("x", 1, 50 * n), member_id=f"m{n}") for n in range(1, 9)]
    with EmbeddedBroker() as broker:
        yield Standing(broker.servers, tmp_path_factory.mktemp("definitions"), [program(0, 100, 200)], documents)


def test_all_partitions_are_asked_and_nothing_is_changed_until_it_is_published(standing: Standing, tmp_path: Path) -> None:
    tmp_path.joinpath("classic.json").write_text(json.dumps(program(0, 150, 400)))
    found = json.loads(standing.said("levels", "preview", tmp_path, "--json"))
    assert (found["program"], found["version"], found["members"]) == ("classic", 2, 8)
    assert (found["up"], found["down"], found["stay"]) == (0, 5, 3)
    assert [(each["level"], each["members"], each["reached"]) for each in found["levels"]] == [
        ("one", 2, 8),
        ("two", 5, 6),
        ("three", 1, 1),
    ]
    lines = standing.said("levels", "preview", tmp_path).splitlines()
    assert lines[0] == "classic as version 2: 0 up, 5 down, 3 stay" and lines[-1].startswith("  upgrade gifts: 0 grants")
    assert standing.said("publish", tmp_path, "--existing-at", "2999-01-01T00:00:00+00:00").startswith("changed")
    tmp_path.joinpath("classic.json").write_text(json.dumps(program(0, 10, 20)))
    for refused in (("publish", tmp_path), ("levels", "preview", tmp_path)):
        assert "cannot be edited until 2999-01-01T00:00:00+00:00" in standing.run(*refused).stderr
    assert "(bring_forward)" in standing.said("levels", "bring-forward", "classic")
    assert "nothing of it is scheduled" in standing.run("levels", "cancel", "classic").stderr
    assert standing.said("publish", tmp_path).startswith("changed")
    assert standing.said("publish", tmp_path, "--existing-at", "2999-01-01T00:00:00+00:00").startswith("unchanged")
