"""How far an engine was at any time, told from its gifts: each names an order, whose place in the load is known.

Works for any engine, and in whatever order it takes its partitions: a gift for the n-th document of a feed's partition shows that n
documents of that partition are done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from benchmarks.feed import partition_of
from benchmarks.load import Document
from benchmarks.topics import Gift


class Rates(NamedTuple):
    """Orders a second, over the whole run and over its second half: when that began, in epoch ms, and how many orders were in it."""

    whole: float
    warm: float
    half_ms: int
    warm_orders: int


def rates(documents: Sequence[Document], gifts: Iterable[Gift], started_ms: float) -> Rates:
    """The rates of a run that began to read at `started_ms`. Raises RuntimeError when no gift came after half the load."""
    places = _places(documents)
    done: Counter[tuple[str, int]] = Counter()
    half: tuple[int, int] | None = None
    last_ms = 0
    for last_ms, together in groupby(sorted(gifts, key=_appended), key=_appended):
        for gift in together:
            place = places.get(gift.grant.order_id or "")
            if place is not None:
                done[place[0]] = max(done[place[0]], place[1])
        if half is None and done.total() * 2 >= len(documents):
            half = (last_ms, done.total())
    if half is None or last_ms == half[0]:
        raise RuntimeError("the run is too short to have a second half: give it more orders")
    half_ms, total = half[0], done.total()
    warm_orders = total - half[1]
    return Rates(1000 * total / (last_ms - started_ms), 1000 * warm_orders / (last_ms - half_ms), half_ms, warm_orders)


def _appended(gift: Gift) -> int:
    return gift.appended_ms


def _places(documents: Sequence[Document]) -> dict[str, tuple[tuple[str, int], int]]:
    """By order id, the feed and partition it went to and its place there, from 1."""
    partitions: dict[str, int] = {}
    counts: Counter[tuple[str, int]] = Counter()
    places: dict[str, tuple[tuple[str, int], int]] = {}
    for document in documents:
        partition = partitions.get(document.member_id)
        if partition is None:
            partition = partitions[document.member_id] = partition_of(document.member_id)
        source = (document.feed, partition)
        counts[source] += 1
        places[document.order_id] = (source, counts[source])
    return places
