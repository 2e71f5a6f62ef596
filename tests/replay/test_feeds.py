"""A replay takes what the feeds take: both shapes, each on its own feed and by its zone, in the files' order (spec 1.1, 1.3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.examples import at, order, program, refund, spend
from tests.replay.command import replay
from tests.streams.feeds.shapes import receipt, web_order

pytestmark = pytest.mark.slow

RULES = [program(10_000), spend()]


def written(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def test_both_shapes_envelopes_marks_and_zones(tmp_path: Path) -> None:
    sold = [{"plu": "x", "qty": 1, "net": 100}]
    bought = [{"sku": "x", "quantity": 1, "line_total": 100}]
    plain: dict[str, Any] = {"tip": 0, "tenders": [], "sum": 100, "items": sold}
    shop: dict[str, Any] = {"fulfilment": None, "paid": [], "total": 100, "items": bought}
    lines = [
        b"\xef\xbb\xbf" + written(receipt(loyalty_card="a", closed_at="2024-01-01T12:00:00", **plain)),
        written(web_order(customer={"member_id": "b"}, created_at="2024-01-01T21:30:00", **shop)),
        written({"schema": None, "payload": order("c", "2024-01-01T12:40:00", ("x", 1, 100), member_id="c", channel="kiosk")}),
        b"\0\0\0\0\1" + written(order("d", "2024-01-01T21:50:00", ("x", 1, 100), member_id="d", channel="app")),
        written(receipt(kind="TRAINING")),
        written(receipt(kind="RETURN", number="78", returns={"number": "77"}, loyalty_card="a", **plain)),
        written(receipt(kind="SALE", number="79", loyalty_card="a", sum=1)),
    ]
    (tmp_path / "one.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "two.jsonl").write_bytes(b"\xef\xbb\xbf\r\n\r\n" + written(receipt(number="80", loyalty_card="a", **plain)))
    files = [str(tmp_path / name) for name in ("one.jsonl", "two.jsonl")]
    ran = replay(tmp_path, RULES, [], files=files, pos_zone="Europe/London", online_zone="Asia/Tokyo")
    assert ran.code == 0, ran.said
    assert [letter["reason"] for letter in ran.letters] == ["invalid"]
    assert ran.letters[0]["detail"].startswith("/receipt/sum: expected 160")
    assert {grant["grant_id"]: grant["occurred_at"] for grant in ran.grants} == {
        "spend/a/1": "2024-01-01T12:00:00+00:00",
        "spend/b/1": "2024-01-01T21:30:00+09:00",
        "spend/c/1": "2024-01-01T12:40:00+00:00",
        "spend/d/1": "2024-01-01T21:50:00+09:00",
    }
    assert ran.stats["orders"] == 8


def test_lines_keep_their_order_whichever_feed_they_are_on(tmp_path: Path) -> None:
    """Each is received when the line before it was: what is late is late because of a line on the other feed."""
    lines = []
    for number in range(0, 300, 3):
        day = at(1 + number // 3)
        lines.append(order(f"pos-{number}", day, ("x", 1, 10), member_id=f"m{number % 7}"))
        lines.append(order(f"web-{number}", day, ("x", 1, 10), member_id=f"m{number % 5}", channel="online"))
        # Taken only where what came just before, perhaps on the other feed, was taken before it.
        lines.append(refund(f"r-{number}", f"web-{number}", day, ("x", 1, 10), member_id=f"m{number % 5}"))
    # 36 days before the newest line, which is on the other feed.
    lines.insert(150, order("late", at(14, "11:00:00"), ("x", 1, 10), member_id="m1", channel="online"))
    ran = replay(tmp_path, RULES, [written(line) for line in lines])
    assert ran.code == 0, ran.said
    assert [(letter["reason"], json.loads(letter["raw"])["order_id"]) for letter in ran.letters] == [("late", "late")]
    assert sum(level["level"] is not None for level in ran.levels) == 0
