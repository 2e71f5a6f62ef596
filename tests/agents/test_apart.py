"""What two processes of a replay tell each other. That they write the same: tests/replay/test_in_two_processes.py."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from multiprocessing import Pipe
from typing import Any

import pytest

from agents.fold.reading import judging
from agents.replaying.apart import other as other_module
from agents.replaying.apart.other import SHARED_BYTES, Other, OtherEnded
from agents.replaying.apart.told import NEVER, PERHAPS, SURELY, UNKNOWN, moves, tell
from agents.replaying.apart.whose import may_be_of
from agents.replaying.reading_ahead import Line, read_other, read_strict
from rules.clock import DocumentsClock
from rules.limits.keeper import Kept
from streams.decode import decode_strictly
from tables.partition import PartitionTable
from tests.folding import KEEP_ORDERS_MS, SETTINGS, rulebook_of
from tests.oracle.examples import at, order, program, refund
from tests.streams.feeds.shapes import receipt

GOODS = ("x", 1, 60)
NOON_MS = int(datetime.fromisoformat(at(1)).timestamp() * 1000)


def line_of(document: dict[str, Any]) -> Line:
    raw, judged_by = json.dumps(document).encode(), judging(SETTINGS.limits, rulebook_of([program(100)]), replayed=True)
    strict = decode_strictly(raw, SETTINGS.limits)
    if strict is not None:
        return read_strict(strict, raw, 1, judged_by)
    return read_other(raw, 1, SETTINGS, judged_by, DocumentsClock())


def told_of(document: dict[str, Any], *, ahead: set[bytes] | None = None, clock: DocumentsClock | None = None) -> Any:
    table = PartitionTable(0, {}, KEEP_ORDERS_MS)
    return tell(line_of(document), SETTINGS, clock or DocumentsClock(), table, (ahead or set(),))


def test_an_order_of_which_nothing_came_before_is_surely_taken_at_the_later_of_its_times() -> None:
    assert told_of(order("o", at(1), GOODS)) == (SURELY, "pos.orders", 0, NOON_MS, 0)
    later = (datetime.fromisoformat(at(1)) + timedelta(microseconds=1_002_345)).isoformat()
    assert told_of(order("o", at(1), GOODS, received_at=later)) == (SURELY, "pos.orders", 0, NOON_MS + 1_002, 345)


def test_one_that_may_be_a_second_or_owe_too_much_or_be_refused_by_what_is_kept_is_not_sure() -> None:
    key = line_of(order("o", at(1), GOODS)).accepted
    assert key is not None
    assert told_of(order("o", at(1), ("x", 2, 60)), ahead={key.own_key})[0] == PERHAPS
    assert told_of(order("o", at(1), ("x", 10_001, 60)))[0] == PERHAPS
    assert told_of(refund("r", "o", at(1), GOODS))[0] == PERHAPS
    assert told_of(refund("r", None, at(1), GOODS))[0] == SURELY


def test_one_that_is_late_by_its_own_word_moves_no_clock_and_of_a_bad_one_it_is_not_known() -> None:
    assert told_of(order("o", at(1), GOODS, received_at=at(90)))[0] == NEVER
    assert told_of(order("o", at(1), GOODS, total=7))[0] == UNKNOWN
    assert told_of({"type": "payment", "member_id": "m"})[0] == UNKNOWN


def test_a_clock_is_moved_by_what_is_later_to_the_microsecond() -> None:
    clock = DocumentsClock()
    clock.accepted(NOON_MS, NOON_MS, 5)
    assert not moves((PERHAPS, "", 0, NOON_MS, 5), clock)
    assert moves((PERHAPS, "", 0, NOON_MS, 6), clock)
    assert not moves((PERHAPS, "", 0, NOON_MS - 1, 999), clock)


def test_whose_a_line_is_is_found_however_it_is_spelled() -> None:
    limits = SETTINGS.limits
    assert may_be_of(json.dumps(order("o", at(1), GOODS, member_id="a")).encode(), limits) == "a"
    assert may_be_of(b"\xef\xbb\xbf" + json.dumps(order("o", at(1), GOODS, member_id="a")).encode(), limits) == "a"
    assert may_be_of(json.dumps(order("o", at(1), GOODS, member_id=7)).encode(), limits) == "7"
    plain: dict[str, Any] = {"tip": 0, "tenders": [], "sum": 100, "items": [{"plu": "x", "qty": 1, "net": 100}]}
    card = receipt(loyalty_card="a", closed_at="2024-01-01T12:00:00+00:00", **plain)
    assert may_be_of(json.dumps(card).encode(), limits) == "a"
    assert may_be_of(json.dumps(order("o", at(1), GOODS, member_id=None)).encode(), limits) is None
    assert may_be_of(b"nothing", limits) is None


def two() -> tuple[Other, Other]:
    here, there = Pipe()
    shared = memoryview(bytearray(SHARED_BYTES))
    return Other(here, shared, 0), Other(there, shared, 1)


def test_who_asks_what_keepers_have_made_waits_until_all_before_is_done() -> None:
    one, other = two()
    found: list[dict[str, Kept]] = []
    one.begin(5)
    asking = threading.Thread(target=lambda: found.append(one.kept_before()))
    asking.start()
    for step in range(1, 5):
        other.begin(step)
        assert not found
        other.keeping.of("a").made = step
    while asking.is_alive():
        other.begin(5)
    assert found[0]["a"].made == 4


def test_one_that_ends_leaves_the_other_no_waiting() -> None:
    one, other = two()
    other._connection.close()
    with pytest.raises(OtherEnded):
        one.told()


def test_two_that_wait_for_each_other_do_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """That would be a bug of ours: all is played once more, in one process."""
    monkeypatch.setattr(other_module, "_BOTH_WAIT_SECONDS", 0.01)
    ended: list[bool] = []

    def wait(side: Other) -> None:
        try:
            side.told()
        except OtherEnded:
            ended.append(True)

    waiting = [threading.Thread(target=wait, args=(side,)) for side in two()]
    for each in waiting:
        each.start()
    for each in waiting:
        each.join(60)
    assert ended == [True, True]
