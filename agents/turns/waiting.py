"""What waits to be folded, in the order in which it is."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter, itemgetter

from agents.fold.incoming import Run
from streams.routing import line_of

_APPENDED = attrgetter("timestamp_ms")


def in_time(arrived: Sequence[Run]) -> list[Run]:
    """What has arrived, in the order of the broker's timestamps, and each topic's in its own."""
    if len(arrived) < 2:
        return list(arrived)
    pieces = [[Run(topic, list(same)) for _, same in groupby(records, _APPENDED)] for topic, records in arrived]
    return list(heapq.merge(*pieces, key=lambda run: run.records[0].timestamp_ms))


def first_of(runs: Sequence[Run], count: int) -> list[Run]:
    """The first `count` records of runs."""
    found = []
    for topic, records in runs:
        if count <= 0:
            break
        found.append(Run(topic, records[:count]))
        count -= len(records)
    return found


def in_lines(runs: Sequence[Run]) -> list[Run]:
    """The records of a replay in the order of its lines, whatever topics they are on."""
    if len({run.topic for run in runs}) < 2:
        return list(runs)
    records = [(line_of(record.headers), topic, record) for topic, listed in runs for record in listed]
    records.sort(key=itemgetter(0))
    return [Run(topic, [record for *_, record in same]) for topic, same in groupby(records, itemgetter(1))]
