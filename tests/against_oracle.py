"""The product's fold beside the second implementation that knows only the input (tests/oracle)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from rules.clock import DocumentsClock
from streams.routing import partition_of
from streams.topics import ONLINE_ORDERS, POS_ORDERS
from tests.folding import Folding
from tests.oracle import Options, Outcome
from tests.oracle.compare import dead_letter_differences, grant_differences, level_differences, sum_differences
from tests.oracle.reading import decode
from tests.oracle.times import midnight_after
from tests.oracle.values import Refused, identifier_or_none


def folded(lines: list[bytes], rules: list[dict[str, Any]], rng: random.Random, partitions: int = 4) -> Folding:
    """Lines by the documents' own clock, in turns of any size, until the midnight that ends the last day."""
    clock = DocumentsClock()
    folding = Folding(rules, clock, partitions=partitions)
    for line in lines:
        folding.take(line, topic=_topic_of(line), partition=partition_of(_member_of(line), partitions))
        if rng.random() < 0.01:
            folding.turn()
    folding.turn()
    timezone = next(rule["timezone"] for rule in rules if rule["kind"] == "program" and rule["default"])
    folding.sweep(midnight_after(clock.now_ms, timezone))
    return folding


def differences(expected: Outcome, folding: Folding) -> list[str]:
    """None when all is as it must be."""
    return list(_differences(expected, folding))


def _differences(expected: Outcome, folding: Folding) -> Iterator[str]:
    yield from grant_differences(expected, folding.grants())
    yield from level_differences(expected, folding.levels())
    yield from dead_letter_differences(expected, folding.dead_letters())
    yield from sum_differences(_still_kept(expected.progress, folding), _still_kept(folding.progress(), folding))
    yield from sum_differences(expected.spending, folding.spending())


def _still_kept(progress: dict[tuple[str, str], int], folding: Folding) -> dict[tuple[str, str], int]:
    """Sums of activities whose books are open: of the others they are dropped when a member is next touched."""
    assert folding.clock is not None
    closed = folding.rulebook.closings.closed(folding.clock.now_ms).refs
    codes = {activity.code for ref, activity in folding.rulebook.activities.items() if ref in closed}
    return {where: total for where, total in progress.items() if where[0] not in codes}


def _topic_of(line: bytes) -> str:
    """Each shape comes on its feed."""
    return ONLINE_ORDERS if b'"web_order"' in line else POS_ORDERS


def _member_of(line: bytes) -> str:
    """Whose it is; "" where that cannot be told, or nobody's."""
    try:
        return identifier_or_none(decode(line, Options()) or {}, "member_id") or ""
    except Refused:
        return ""
