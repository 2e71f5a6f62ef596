"""What is no longer kept is said, and nothing is made up for it (spec 6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from agents.fold.orders import Orders
from broker.wire.records import Record
from rules.documents.accepting import accept
from rules.documents.judging import Judging
from rules.times import LAST_MS, at_utc
from streams.decode import NO_LIMITS, decode
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend, upgrade
from tidemark.explaining.order import activities
from tidemark.explaining.stored import Document, Stored
from tidemark.settings.settings import Settings

NOON_MS = 1_704_110_400_000
FIRST = order("a", at(1), ("x", 1, 60))


class Topics:
    """A partition of which the beginning is gone: what is left begins at an offset."""

    def __init__(self, *left: Record, start: int) -> None:
        self._left = left
        self._start = start

    async def span(self, place: tuple[str, int]) -> tuple[int, int]:
        return self._start, self._start + len(self._left)

    async def records(self, place: tuple[str, int], start: int, end: int) -> AsyncIterator[Record]:
        for record in self._left:
            yield record


def noted(*left: Record, start: int) -> list[str]:
    """What is said of a topic, read twice."""

    async def read() -> list[str]:
        stored: Any = object.__new__(Stored)
        stored.settings, stored.topics, stored.no_longer = Settings(), Topics(*left, start=start), []
        for _ in range(2):
            assert [record async for record in stored.records("pos.orders", 0)] == list(left)
        return list(stored.no_longer)

    return asyncio.run(read())


def test_since_when_a_topic_is_kept_is_said_once() -> None:
    record = Record(7, NOON_MS, None, b"{}", [])
    assert noted(record, start=0) == []
    assert noted(record, start=7) == [f"pos.orders: what came before {at_utc(NOON_MS)} is gone by the topic's retention"]
    assert noted(start=7) == ["pos.orders: all that came so far is gone by the topic's retention"]


def folded(*definitions: dict[str, Any]) -> Folding:
    folding = Folding([program(100), *definitions])
    folding.take(FIRST, now_ms=NOON_MS)
    folding.turn()
    return folding


def told(folding: Folding, document: dict[str, Any] | None) -> dict[str, tuple[int, str | None, str]]:
    """By activity: what counted, the condition and the words, with the order's document or without."""
    table = folding.tables[0]
    record = Orders(table.orders, table.head.seed).at_first("ann", "a")
    assert record is not None
    came = None
    if document is not None:
        accepted = accept(decode(json.dumps(document).encode(), NO_LIMITS), LAST_MS, Judging(10, LAST_MS), 0)
        came = Document(accepted, "pos.orders/0/0", "pos.orders", 0)
    found = activities(record, came, folding.member("ann"), folding.rulebook)
    return {each.activity: (each.counted, each.kept_out, each.detail) for each in found}


def test_without_its_document_what_counted_is_known_and_what_kept_it_out_is_not() -> None:
    found = told(folded(spend(), spend(code="web", channels=["online"]), upgrade("classic/*")), None)
    assert found["spend"] == (60, None, "")
    assert found["web"] == (0, None, "what kept it out is no longer known: its document is gone from its feed")
    assert found["up"] == (0, "type", "no order counts in a tier_upgrade")


def test_where_more_is_known_now_than_when_it_came_that_is_said() -> None:
    folding = folded(spend())
    # An activity of which nobody knew: the first version of one holds from ever, and what had come is not gone over again.
    folding.rulebook = Folding([program(100), spend(), spend(code="later")]).rulebook
    found = told(folding, FIRST)
    assert found["spend"][0] == 60 and found["later"][1] == "changed"
