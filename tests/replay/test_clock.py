"""The clock of a replay is the documents' own, and ends with the day (spec 1.2, 1.5, 6)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import replay as oracle
from tests.oracle.examples import at, order, program, refund, spend
from tests.replay.command import replay

pytestmark = pytest.mark.slow

LATE_DAYS = 35


def encoded(*documents: dict[str, Any]) -> list[bytes]:
    return [json.dumps(document).encode() for document in documents]


def held(refund_id: str, received: datetime) -> dict[str, Any]:
    """A refund whose order never comes; made and received at one time."""
    return refund(refund_id, "never", received.isoformat(), ("x", 1, 10), received_at=received.isoformat())


def test_held_refunds_expire_by_the_midnight_that_ends_the_last_day_in_the_default_programs_zone(tmp_path: Path) -> None:
    # The last document stands at 20:00 UTC, 05:00 of the next day in Tokyo: that day ends at 15:00 UTC.
    last = datetime.fromisoformat(at(60, "20:00:00"))
    midnight = datetime.fromisoformat(at(61, "15:00:00"))
    rules = [
        program(10_000, code="other", default=False, timezone="UTC"),
        program(10_000, timezone="Asia/Tokyo"),
        spend(programs=["classic"]),
    ]
    second = timedelta(seconds=1)
    given_up = held("given-up", midnight - timedelta(days=LATE_DAYS) - second)
    waiting = held("waiting", midnight - timedelta(days=LATE_DAYS) + second)
    lines = encoded(given_up, waiting, order("last", last.isoformat(), ("x", 1, 100)))
    ran = replay(tmp_path, rules, lines)
    assert ran.code == 0, ran.said
    assert ran.differences(oracle(lines, rules)) == []
    assert ran.dead_letters() == [("unknown_order", lines[0])]


def test_received_is_what_the_document_says_else_the_latest_time_read_from_accepted_ones(tmp_path: Path) -> None:
    line = ("x", 1, 100)
    documents = [
        order("first", at(1), line),
        # Not accepted: they do not move the clock, however late they say it is.
        order("first", at(90), ("x", 1, 1)),
        order("bad", at(90), line, total=7),
        order("second", at(36), line),
        # Placed exactly late_days before the latest time read, and a second earlier.
        order("just", at(1), line),
        order("too-late", at(1, "11:59:59"), line),
        # Late by the latest time, not by its own word.
        order("says-so", at(1, "11:59:58"), line, received_at=at(2)),
        # In time by the latest time, late by its own word.
        order("says-late", at(30), line, received_at=at(66)),
        # An imported order is never late.
        order("imported", at(1, "11:00:00"), line, imported=True),
        order("ahead", at(38), line, received_at=at(36, "11:59:59")),
    ]
    rules = [program(10_000), spend()]
    lines = encoded(*documents)
    ran = replay(tmp_path, rules, lines)
    assert ran.code == 0, ran.said
    assert ran.differences(oracle(lines, rules)) == []
    reasons = {json.loads(raw)["order_id"]: reason for reason, raw in ran.dead_letters()}
    assert reasons == {"first": "conflict", "bad": "invalid", "too-late": "late", "says-late": "late", "ahead": "invalid"}
    assert {grant["order_id"] for grant in ran.grants} == {"first", "second", "just", "says-so"}


def test_a_refund_of_an_order_that_came_long_ago_is_refused_at_once(tmp_path: Path) -> None:
    """However long ago: the run may end before a refund that is held would be given up."""
    line = ("x", 1, 100)
    documents = [
        order("first", at(1), line),
        *(order(f"o-{day}", at(day), line) for day in range(30, 300, 30)),
        refund("in-time", "o-120", at(299), line),
        refund("too-late", "first", at(299), line),
        refund("too-late", "first", at(299), ("x", 1, 1)),
    ]
    rules = [program(10_000), spend()]
    lines = encoded(*documents)
    ran = replay(tmp_path, rules, lines)
    assert ran.code == 0, ran.said
    assert ran.differences(oracle(lines, rules)) == []
    assert sorted(ran.dead_letters()) == sorted(("unknown_order", line) for line in lines[-2:])
