"""What a replay writes of what came out: which fields, and in which order (spec 6)."""

from __future__ import annotations

import base64
import json
from itertools import islice, permutations
from math import factorial
from pathlib import Path
from typing import Any

import pytest

from tests.replay.command import rows_of
from tests.thorough import some_of
from tidemark.replay.outcome import Outcome
from tidemark.replay.outputs.table import Files

Document = dict[str, Any]


def grant(grant_id: str, activity: str, member_id: str, ordinal: int | None, level: str | None = None) -> Document:
    return {"grant_id": grant_id, "activity": activity, "member_id": member_id, "ordinal": ordinal, "level": level}


def change(before: str | None, level: str | None, why: str, since: str, member_id: str = "ann") -> Document:
    return {"program": "c", "member_id": member_id, "before": before, "level": level, "why": why, "since": since}


def levels_of(tmp_path: Path, *changes: Document) -> list[Document]:
    outcome = Outcome(("levels",))
    for each in changes:
        outcome.take("levels", json.dumps(each).encode())
    outcome.write(Files(levels=tmp_path / "levels"), None)
    return rows_of(tmp_path / "levels")


def test_grants_stand_by_activity_member_and_ordinal_or_level_as_code_points(tmp_path: Path) -> None:
    outcome = Outcome(("levels",))
    in_order = [
        grant("Z/a/1", "Z", "a", 1),
        grant("a/B/1", "a", "B", 1),
        grant("a/a/2", "a", "a", 2),
        grant("a/a/10", "a", "a", 10),
        grant("a/ä/1", "a", "ä", 1),
        # Above all of the basic plane, where UTF-16 would put it before.
        grant("a/\uff5e/1", "a", "\uff5e", 1),
        grant("a/\U0001f600/1", "a", "\U0001f600", 1),
        grant("up/a/c/gold", "up", "a", None, "c/gold"),
        grant("up/a/c/silver/1", "up", "a", None, "c/silver"),
        grant("up/a/c/silver/2", "up", "a", None, "c/silver"),
    ]
    for each in (*in_order[::2], *in_order[::-1]):
        outcome.take("gifts", json.dumps(each).encode())
    outcome.write(Files(grants=tmp_path / "grants"), None)
    assert rows_of(tmp_path / "grants") == in_order


def test_levels_say_since_when_until_when_and_by_what(tmp_path: Path) -> None:
    row = {"program": "c", "member_id": "ann", "level": "one", "since": "t2", "until": None, "by": "spending"}
    none = row | {"level": None, "by": None}
    registered, gained = change(None, None, "registered", "t1"), change(None, "one", "order", "t2") | {"by": "spending"}
    assert levels_of(tmp_path, registered, gained) == [row]
    # What holds it changes, and nothing else.
    longer = change("one", "one", "payment", "t2.00") | {"until": "2011-12-01", "by": "both"}
    assert levels_of(tmp_path, registered, gained, longer) == [row | {"until": "2011-12-01", "by": "both"}]
    # There never was a level, or is none any more.
    for since_then in ((), (gained, change("one", None, "refund", "t3"))):
        assert levels_of(tmp_path, registered, *since_then) == [none | {"since": None}]
    # Who is in it no longer is not told of.
    assert levels_of(tmp_path, registered, gained, change("one", None, "left", "t3")) == []


def test_levels_stand_by_program_and_member_as_code_points(tmp_path: Path) -> None:
    rows = levels_of(tmp_path, *(change(None, "one", "order", "t", member) for member in ("b", "ä", "a", "B", "a/1")))
    assert [row["member_id"] for row in rows] == ["B", "a", "a/1", "b", "ä"]


def test_changes_are_told_in_each_members_order_and_nothing_that_changes_none(tmp_path: Path) -> None:
    changes = [
        change(None, None, "registered", "t1", "b") | {"document_id": None},
        change(None, "one", "order", "t2", "b") | {"document_id": "o1"},
        change(None, "one", "registered", "t1", "a") | {"document_id": None},
        change("one", None, "refund", "t3", "b") | {"document_id": "r1"},
        change(None, None, "left", "t4", "b") | {"document_id": None},
    ]
    outcome = Outcome(("changes",))
    for each in changes:
        outcome.take("levels", json.dumps(each).encode())
    outcome.write(Files(changes=tmp_path / "changes"), None)
    assert rows_of(tmp_path / "changes") == [changes[2], changes[1], changes[3]]


def test_a_dead_letter_has_its_text_as_it_is_and_other_bytes_in_base64(tmp_path: Path) -> None:
    outcome = Outcome(("levels",))
    for number, raw in enumerate((b"{\x01}", b"\xff{}")):
        letter = {"reason": "undecodable", "source": f"pos.orders/0/{number}", "raw_base64": base64.b64encode(raw).decode()}
        outcome.take("dead-letters", json.dumps(letter).encode())
    outcome.write(Files(dead_letters=tmp_path / "letters"), None)
    text, other = rows_of(tmp_path / "letters")
    assert text["raw"] == "{\x01}" and "raw_base64" not in text
    assert base64.b64decode(other["raw_base64"]) == b"\xff{}" and "raw" not in other


@pytest.mark.thorough
def test_who_has_a_gift_does_not_depend_on_the_order_of_what_partitions_say(tmp_path: Path) -> None:
    gifts = [{"kind": "points", "points": 1, "claim": "member"}] * 2
    made = grant("a/bob/1", "a", "bob", 1) | {"gifts": gifts}

    def told(member_id: str, released_at: str | None, gift: int = 1, claimed_at: str | None = None) -> tuple[str, Document]:
        row = {"grant_id": "a/bob/1", "gift": gift, "member_id": member_id, "released_at": released_at, "claimed_at": claimed_at}
        return "releases", row | {"valid_from": None, "valid_to": None}

    # Gift 1 is held at bob, released at ann and then zed's; gift 2 bob has claimed before he was ann.
    messages = [
        ("gifts", made),
        told("ann", None),
        told("ann", "t2"),
        told("zed", "t2"),
        told("bob", "t1", 2, "t1"),
        ("departures", {"member_id": "bob", "into": "ann"}),
        ("departures", {"member_id": "ann", "into": "zed"}),
    ]
    orders = factorial(len(messages))
    for ordered in islice(permutations(messages), 0, None, orders // some_of(orders)):
        outcome = Outcome(("releases",))
        for topic, value in ordered:
            outcome.take(topic, json.dumps(value).encode())
        outcome.write(Files(releases=tmp_path / "releases"), None)
        first, second = rows_of(tmp_path / "releases")
        assert (first["member_id"], first["released_at"], first["claimed_at"]) == ("zed", "t2", None)
        assert (second["member_id"], second["claimed_at"]) == ("bob", "t1")
