"""In two processes a replay writes the same as in one, byte for byte (spec 6)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.generate import definitions, stream
from tests.generate.campaigns import campaign, wide_campaign
from tests.generate.lives import life as life_of_shapes
from tests.generate.terms import life
from tests.oracle.examples import at, order, program, refund, spend
from tests.replay.command import replay
from tests.replay.test_both_ways import odd_lines
from tests.thorough import seeds
from tidemark.replay import in_two_processes
from tidemark.replay.outputs.table import OUTPUTS

Document = dict[str, Any]
FILES = [name.replace("_", "-") for name in OUTPUTS]
# When a replay was run is told only of what came from the future by then.
NOW = re.compile(
    rb"(?:%b)T[0-9:.]+\+00:00" % b"|".join((datetime.now(UTC) + timedelta(days=n)).date().isoformat().encode() for n in (0, 1))
)
LINE = ("x", 1, 60)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each replay that was tried in two processes, whether it was played so."""
    played: list[bool] = []
    play = in_two_processes._played

    def noted(*arguments: Any) -> bool:
        played.append(play(*arguments))
        return played[-1]

    monkeypatch.setattr(in_two_processes, "_played", noted)
    return played


def lines_of(documents: list[Document]) -> list[bytes]:
    return [json.dumps(document).encode() for document in documents]


def written(folder: Path, rules: list[Document], lines: list[bytes], processes: int) -> dict[str, bytes]:
    folder.mkdir()
    ran = replay(folder, rules, lines, ["--processes", str(processes)])
    assert ran.code == 0, ran.said
    return {name: NOW.sub(b"now", (folder / name).read_bytes()) for name in FILES}


def check(folder: Path, rules: list[Document], lines: list[bytes]) -> None:
    assert written(folder / "two", rules, lines, 2) == written(folder / "one", rules, lines, 1)


def test_a_stream_of_all_kinds_of_orders_and_refunds(tmp_path: Path, apart: list[bool]) -> None:
    check(tmp_path, definitions(61), stream(61, orders=600, members=60))
    assert apart == [True]


def test_odd_lines(tmp_path: Path, apart: list[bool]) -> None:
    check(tmp_path, [program(10_000), spend()], odd_lines())
    assert apart == [True]


def test_a_line_that_is_refused_moves_no_clock(tmp_path: Path, apart: list[bool]) -> None:
    """Those after it, of other members, are judged by the clock as it was."""
    documents: list[Document] = []
    for number in range(60):
        own = {"member_id": f"m-{number % 7}"}
        documents.append(order(f"o-{number}", at(number + 1), LINE, **own))
        # With other content, of an order that is not known in time, in no currency; and without a time of its receipt.
        documents.append(order(f"o-{number}", at(number + 30), ("x", 1, 59), **own))
        documents.append(refund(f"r-{number}", f"o-{number - 1}", at(number + 40), LINE, **own))
        documents.append(order(f"late-{number}", at(number + 1), LINE, received_at=at(number + 60), **own))
    check(tmp_path, [program(100, 500), spend(limits={"total": 9})], lines_of(documents))
    assert apart == [True]


def test_keepers_decide_in_the_files_order(tmp_path: Path, apart: list[bool]) -> None:
    documents = [order(f"o-{number}", at(1 + number // 40), LINE, member_id=f"m-{number % 23}") for number in range(400)]
    check(tmp_path, [program(100), spend(limits={"total": 57}), spend(code="other", limits={"total": 31})], lines_of(documents))
    assert apart == [True]
    made = [json.loads(line)["activity"] for line in (tmp_path / "two" / "grants").read_bytes().splitlines()]
    assert (made.count("spend"), made.count("other")) == (57, 31)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(20, quick=1))
@pytest.mark.parametrize(
    "make",
    [
        lambda seed: campaign(4_000 + seed, lines=300, members=20),
        lambda seed: wide_campaign(4_100 + seed, lines=300, members=20, finer=seed % 2 == 0),
        lambda seed: life(4_200 + seed, 200, members=10, changes=seed % 2 == 0, finer=seed % 2 == 1),
        life_of_shapes,
    ],
)
def test_lives(tmp_path: Path, apart: list[bool], make: Callable[[int], tuple[list[Document], list[Any]]], seed: int) -> None:
    rules, documents = make(seed)
    check(tmp_path, rules, [each if isinstance(each, bytes) else json.dumps(each).encode() for each in documents])


def test_who_is_merged_is_played_in_one(tmp_path: Path, apart: list[bool]) -> None:
    documents = [order(f"o-{number}", at(number + 1), LINE, member_id=f"m-{number % 9}") for number in range(60)]
    # Spelled so that it is not seen before.
    merge = b'{"type":"member","member_id":"m-1","merged\\u005finto":"m-2"}'
    check(tmp_path, [program(100), spend()], [*lines_of(documents), merge, *lines_of(documents)])
    assert apart == [False]
