"""In this process and through workers and topics a replay writes the same, byte for byte (spec 6)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devtools.kafka import Kafka
from tests.generate import definitions, stream
from tests.generate.campaigns import campaign
from tests.oracle.examples import at, order, program, refund, spend
from tests.replay.command import replay
from tests.streams.feeds.shapes import receipt, web_order
from tidemark.replay.outputs.table import OUTPUTS

pytestmark = pytest.mark.slow

FILES = [name.replace("_", "-") for name in OUTPUTS]
# As many as the embedded broker has: a dead letter says in which one it stood.
PARTITIONS = "4"
NOW = re.compile(datetime.now(UTC).date().isoformat().encode() + rb"T[0-9:.]+\+00:00")
DAY_1, DAY_90 = at(1), at(90)

Lines = list[bytes]


def odd_lines() -> Lines:
    """What a stream has few of: both feeds' shapes, envelopes, no members, what is no document, and what no feed carries."""
    plain: dict[str, Any] = {"tip": 0, "tenders": [], "sum": 100, "items": [{"plu": "x", "qty": 1, "net": 100}]}
    shop: dict[str, Any] = {
        "fulfilment": None,
        "paid": [],
        "total": 100,
        "items": [{"sku": "x", "quantity": 1, "line_total": 100}],
    }
    documents: list[Any] = [
        order("o1", DAY_1, ("x", 1, 100), member_id="a"),
        receipt(loyalty_card="a", closed_at="2024-01-01T12:00:00+00:00", **plain),
        web_order(customer={"member_id": "b"}, created_at="2024-01-01T21:30:00+00:00", **shop),
        {"schema": None, "payload": order("c", DAY_1, ("x", 1, 100), member_id="c", channel="kiosk")},
        receipt(kind="TRAINING"),
        order("o2", DAY_1, ("x", 1, 100), member_id=None),
        order("o1", DAY_1, ("x", 1, 1), member_id="a"),
        order("o3", DAY_1, ("x", 1, 100), total=7),
        order("o4", "yesterday", ("x", 1, 100)),
        {"type": "member", "member_id": "d", "programs": [{"program": "classic", "since": DAY_1}]},
        {"type": "member", "member_id": "d", "programs": ["none such"]},
        refund("r1", "never", DAY_1, ("x", 1, 1), member_id="e"),
        order("o5", DAY_90, ("x", 1, 100), member_id="f"),
        order("o6", DAY_1, ("x", 1, 100), member_id="f"),
    ]
    return [
        b'{"type":"purchase","note":"\xff\xfe"}',
        b"nothing",
        *(json.dumps(document).encode() for document in documents),
        json.dumps(order("o7", DAY_90, ("x", 1, 100), note="x" * 2**20)).encode(),
        json.dumps(order("o8", DAY_90, ("x", 1, 100), note="x" * 9 * 2**20)).encode(),
        b"\xff" * 9 * 2**20,
    ]


def written(folder: Path, rules: list[dict[str, Any]], lines: Lines, *more: str, **settings: str) -> dict[str, bytes]:
    """The files, by name. When a replay was run is told only of what came from the future by then."""
    folder.mkdir()
    ran = replay(folder, rules, lines, more, partitions=PARTITIONS, **settings)
    assert ran.code == 0, ran.said
    assert ran.stats["orders"] == len(lines) and ran.stats["worker_cpu_seconds"] > 0
    return {name: NOW.sub(b"now", (folder / name).read_bytes()) for name in FILES}


def check(folder: Path, rules: list[dict[str, Any]], lines: Lines, *broker: str, **settings: str) -> None:
    here = written(folder / "here", rules, lines)
    assert written(folder / "through", rules, lines, *broker, **settings) == here
    assert here["grants"] and here["levels"] and here["dead-letters"]


def test_odd_lines(tmp_path: Path) -> None:
    # Of what it carries the embedded broker has another limit.
    lines = [line for line in odd_lines() if len(line) < 2**21]
    check(tmp_path, [program(10_000), spend()], lines, "--broker", "embedded")


def test_a_stream_through_the_embedded_broker(tmp_path: Path) -> None:
    check(tmp_path, definitions(51), stream(51, orders=2_000, members=150), "--broker", "embedded")


def test_a_life_of_campaigns(tmp_path: Path) -> None:
    """Changes, claims, test sends, releases and runs; limits; two members of each partition."""
    rules, documents = campaign(3, lines=150, members=8)
    check(tmp_path, rules, [json.dumps(document).encode() for document in documents], "--broker", "embedded")


@pytest.mark.parametrize("number", [1_003, 1_009])
def test_a_life_in_which_members_are_merged_and_deleted(tmp_path: Path, number: int) -> None:
    rules, documents = campaign(number, lines=150, members=8)
    assert any("merged_into" in each for each in documents) and any("deleted" in each for each in documents)
    check(tmp_path, rules, [json.dumps(document).encode() for document in documents], "--broker", "embedded")


@pytest.mark.kafka
def test_odd_lines_through_a_real_broker(tmp_path: Path, kafka: Kafka, prefix: str) -> None:
    check(tmp_path, [program(10_000), spend()], odd_lines(), "--broker", kafka.bootstrap, prefix=prefix)


@pytest.mark.kafka
def test_a_stream_through_a_real_broker(tmp_path: Path, kafka: Kafka, prefix: str) -> None:
    check(tmp_path, definitions(52), stream(52, orders=2_000, members=150), "--broker", kafka.bootstrap, prefix=prefix)
