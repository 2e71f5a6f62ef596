"""The drawings of docs/levels.md: each is of a life as the fold plays it, and stands there as it is drawn now."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devtools.term_drawings.drawing import drawing
from devtools.term_drawings.lives import LIVES, Event, Life, Run
from rules.clock import DocumentsClock
from rules.times import DAY_MS, epoch_ms
from streams.topics import PAYMENTS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import order, refund

DOCS = Path(__file__).parents[2] / "docs"


def midnight_ms(day: date) -> int:
    return epoch_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))


def document_of(event: Event) -> dict[str, Any]:
    at, name = f"{event.day.isoformat()}T12:00:00+00:00", event.day.isoformat()
    if event.kind == "payment":
        ids = {"type": "payment", "payment_id": name, "member_id": "ann", "level": event.level, "from_level": None}
        return ids | {"paid_at": at, "amount": event.amount, "currency": "GBP"}
    line = ("x", 1, event.amount)
    return order(name, at, line) if event.kind == "order" else refund(name, None, at, line)


def held_day_by_day(life: Life) -> dict[date, str | None]:
    """What the fold has the member hold at the end of each day of the drawing."""
    folding = Folding([life.program], DocumentsClock())
    assert folding.rulebook.left_out == []
    found: dict[date, str | None] = {}
    for number in range((life.end - life.events[0].day).days + 1):
        day = life.events[0].day + timedelta(days=number)
        for event in life.events:
            if event.day == day and event.kind != "end":
                folding.take(document_of(event), topic=PAYMENTS if event.kind == "payment" else POS_ORDERS)
                folding.turn()
        folding.sweep(midnight_ms(day) + DAY_MS - 1)
        (row,) = folding.held_levels()
        found[day] = row["level"]
    assert folding.reasons() == []
    return found


def covers(run: Run, day: date) -> bool:
    return run.first <= day and (run.last is None or day <= run.last)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_it_comes_as_it_is_drawn(life: Life) -> None:
    for day, level in held_day_by_day(life).items():
        assert [run.level for run in life.held if covers(run, day)] == ([] if level is None else [level]), day
    # Each term that ends in the drawing is told of, and nothing else is said to end.
    assert {event.day for event in life.events if event.kind == "end"} == {run.last for run in life.terms if run.last is not None}


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_it_stands_on_the_page_as_it_is_drawn_now(life: Life) -> None:
    svg = drawing(life)
    assert (DOCS / f"levels-{life.name}.svg").read_text("utf-8") == svg, "run python -m devtools.term_drawings docs"
    assert f"](levels-{life.name}.svg)" in (DOCS / "levels.md").read_text("utf-8")
    assert "prefers-color-scheme: dark" in svg
    root = ET.fromstring(svg)
    names = {name for each in root.iter() for name in each.attrib.get("class", "").split()}
    style = next(each.text or "" for each in root.iter() if each.tag.endswith("style"))
    assert all(f".{name} {{" in style for name in names)
