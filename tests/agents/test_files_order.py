"""A replay folds its lines in the files' order, whatever partitions they are in, by the documents' own clock (spec 1.5, 6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import pytest

from agents.replaying.files_order import FilesOrder
from agents.turns.shard import Sealed, Shard
from broker.client.fetch import Fetched
from broker.client.produce import Identity
from broker.wire.records import Record
from rules.clock import DocumentsClock
from rules.times import DAY_MS, epoch_ms
from streams.routing import LINE_HEADER, partition_of
from streams.topics import DEAD_LETTERS, GIFTS, ONLINE_ORDERS, POS_ORDERS, REFUSALS
from tables.commit_log import CommitLog
from tables.keeping import Keeping
from tables.layout import RING
from tables.partition import PartitionTable
from tests.entries import read_back
from tests.folding import SETTINGS, changes_of
from tests.oracle.examples import at, order, program, refund, spend

PARTITIONS = 4
RULES = [program(10_000), spend()]


class Playing:
    """The partitions of a replay, to which lines come; `arrived` in whatever pieces."""

    def __init__(self, rules: Sequence[dict[str, Any]] = RULES, **settings: Any) -> None:
        self.clock = DocumentsClock()
        keeping = Keeping(at_hand=True)
        settings_ = msgspec.structs.replace(SETTINGS, partitions=PARTITIONS, **settings)
        self.changes = changes_of(rules)
        self.order = FilesOrder(self.clock, settings_, self.changes)
        self.shards = {
            number: Shard(
                PartitionTable(number, {}, 10**15, clock=self.clock, keeping=keeping),
                CommitLog("", number, Identity(1, 0), 0),
                {POS_ORDERS: 0},
            )
            for number in range(PARTITIONS)
        }
        self.sealed: list[Sealed] = []
        self._lines = 0
        self._offsets = dict.fromkeys(self.shards, 0)

    def record(self, document: dict[str, Any] | None, partition: int | None = None) -> tuple[int, Record]:
        """The next line, for its member's partition."""
        at_partition = (
            partition_of(str(document["member_id"]), PARTITIONS) if partition is None and document is not None else partition
        )
        assert at_partition is not None
        raw = None if document is None else json.dumps(document).encode()
        record = Record(self._offsets[at_partition], 0, None, raw, [(LINE_HEADER, b"%d" % self._lines)])
        self._lines += 1
        self._offsets[at_partition] += 1
        return at_partition, record

    def arrive(self, *records: tuple[int, Record]) -> None:
        for partition, record in records:
            offset = record.offset
            self.shards[partition].arrive([(POS_ORDERS, Fetched(POS_ORDERS, partition, offset, [record], offset + 1, offset + 1))])

    def fold(self) -> None:
        while sealed := self.order.fold(self.shards):
            # No more than the rings of outputs have room for.
            assert len({each.shard.partition for each in sealed}) == len(sealed)
            self.sealed += sealed
            for each in sealed:
                each.shard.published_through = each.turn

    def end(self) -> None:
        """The end of the files, in every partition."""
        self.arrive(*(self.record(None, partition) for partition in self.shards))
        self.fold()

    def values(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(each.value or b"") for sealed in self.sealed for each in read_back(sealed.outputs.get(topic, ()))]


def of(member_id: str, order_id: str, when: str, amount: int = 100) -> dict[str, Any]:
    return order(order_id, when, ("x", 1, amount), member_id=member_id)


def test_a_line_waits_for_the_one_before_it_in_another_partition() -> None:
    playing = Playing()
    lines = [playing.record(of(f"m{number}", f"o{number}", at(1))) for number in range(20)]
    assert len({partition for partition, _ in lines}) > 1
    first = lines[0][0]
    playing.arrive(*(line for line in lines if line[0] != first))
    playing.fold()
    assert playing.values(GIFTS) == [] and playing.order.next_line == 0
    playing.arrive(*(line for line in lines if line[0] == first))
    playing.fold()
    assert playing.order.next_line == 20 and len(playing.values(GIFTS)) == 20


def test_lines_of_one_partition_keep_their_order_whichever_feed_they_are_on_and_whichever_was_fetched_first() -> None:
    clock = DocumentsClock()
    log = CommitLog("", 0, Identity(1, 0), 0)
    shard = Shard(PartitionTable(0, {}, 10**15, clock=clock), log, {POS_ORDERS: 0, ONLINE_ORDERS: 0}, by_line=True)
    files = FilesOrder(clock, msgspec.structs.replace(SETTINGS, partitions=1), changes_of(RULES))

    def arrive(topic: str, offset: int, *lines: int) -> None:
        records = [
            Record(offset + place, 0, None, json.dumps(of("ann", f"o{line}", at(1))).encode(), [(LINE_HEADER, b"%d" % line)])
            for place, line in enumerate(lines)
        ]
        end = offset + len(records)
        shard.arrive([(topic, Fetched(topic, 0, offset, records, end, end))])

    arrive(ONLINE_ORDERS, 0, 2, 3, 5)
    assert files.fold({0: shard}) == [] and files.next_line == 0
    arrive(POS_ORDERS, 0, 0, 1)
    (sealed,) = files.fold({0: shard})
    assert files.next_line == 4
    assert sealed.positions == {POS_ORDERS: 2, ONLINE_ORDERS: 2}
    orders = [json.loads(each.value or b"")["order_id"] for each in read_back(sealed.outputs[GIFTS])]
    assert orders == ["o0", "o1", "o2", "o3"]
    shard.published_through = sealed.turn
    arrive(POS_ORDERS, 2, 4)
    (sealed,) = files.fold({0: shard})
    assert sealed.positions == {POS_ORDERS: 3, ONLINE_ORDERS: 3} and not shard.busy()


def test_what_is_refused_does_not_move_the_clock_whatever_it_is_refused_for() -> None:
    playing = Playing()
    first = of("ann", "first", at(1))
    # Each says that it was received 30 days later: known by what is kept, by definitions, and by the document alone.
    conflict = of("ann", "first", at(1), 7) | {"received_at": at(31)}
    elsewhere = {"type": "member", "member_id": "bob", "programs": ["none"], "received_at": at(31)}
    other_money = refund("r", "first", at(2), ("x", 1, 1), received_at=at(31)) | {"currency": "USD"}
    broken = of("cid", "bad", at(31)) | {"total": 3}
    again = first | {"received_at": at(31)}
    lines = [first, conflict, elsewhere, other_money, broken, again, of("dan", "second", at(2))]
    playing.arrive(*(playing.record(line) for line in lines))
    playing.fold()
    assert {grant["order_id"] for grant in playing.values(GIFTS)} == {"first", "second"}
    assert [letter["reason"] for letter in playing.values(DEAD_LETTERS)] == ["conflict", "invalid", "invalid"]
    assert playing.clock.now_ms == epoch_ms(datetime.fromisoformat(at(2)))


def test_a_line_that_is_refused_lets_nothing_fall_due() -> None:
    """A refund waits for its order; a line that is not accepted says that it is long after that."""
    playing = Playing()
    early = refund("early", "later", at(1), ("x", 1, 30))
    wrong = refund("wrong", "first", at(80), ("x", 1, 1)) | {"currency": "USD"}
    lines = [of("ann", "first", at(1)), early, wrong, of("ann", "later", at(2), 60)]
    playing.arrive(*(playing.record(line) for line in lines))
    playing.fold()
    playing.end()
    assert [letter["reason"] for letter in playing.values(DEAD_LETTERS)] == ["invalid"]
    member = playing.shards[partition_of("ann", PARTITIONS)].table.look("ann")
    assert member.memberships[0].spent == 100 + 60 - 30


def test_what_is_due_of_those_who_do_not_come_is_seen_to_when_a_day_has_passed() -> None:
    playing = Playing()
    early = refund("early", "never", at(1), ("x", 1, 30), member_id="bob")
    lines = [early, of("ann", "first", at(30)), of("ann", "second", at(60)), of("ann", "third", at(61))]
    for line in lines[:2]:
        playing.arrive(playing.record(line))
        playing.fold()
    assert playing.values(DEAD_LETTERS) == []
    playing.arrive(playing.record(lines[2]))
    playing.fold()
    assert [letter["reason"] for letter in playing.values(DEAD_LETTERS)] == ["unknown_order"]
    turns = len(playing.sealed)
    # Where nothing is due there is no turn more.
    playing.arrive(playing.record(lines[3]))
    playing.fold()
    assert len(playing.sealed) == turns + 1


def test_at_the_end_all_that_is_due_has_fired_however_much_it_is() -> None:
    playing = Playing(turn_bytes=20_000)
    for number in range(400):
        early = refund(f"r{number}", "never", at(1), ("x", 1, 1), member_id=f"m{number}")
        playing.arrive(playing.record(early))
    playing.arrive(playing.record(of("ann", "last", at(60))))
    playing.fold()
    playing.end()
    assert [letter["reason"] for letter in playing.values(DEAD_LETTERS)] == ["unknown_order"] * 400
    assert not any(shard.busy() for shard in playing.shards.values())
    # The midnight that ends the last day.
    assert playing.clock.now_ms % DAY_MS == 0


def test_before_a_change_all_that_is_due_has_fired_however_much_it_is_and_no_ring_overflows() -> None:
    playing = Playing(turn_bytes=20_000)
    for number in range(400):
        early = refund(f"r{number}", "never", at(1), ("x", 1, 1), member_id=f"m{number}")
        playing.arrive(playing.record(early))
    change = {"type": "change", "change": "pause", "kind": "activity", "code": "spend", "saved_by": "eva", "saved_at": at(60)}
    playing.arrive(playing.record(change, 2))
    playing.arrive(playing.record(change, 1))
    playing.arrive(playing.record(of("ann", "paused", at(60, "13:00:00"))))
    playing.fold()
    letters = [letter["reason"] for letter in playing.values(DEAD_LETTERS)]
    assert letters == ["unknown_order"] * 400
    chain = playing.changes.rulebook.chain("activity", "spend")
    assert chain is not None and [each.state for each in chain.standing] == ["running", "paused"]
    assert playing.values(GIFTS) == [] and playing.order.next_line == 403
    # It takes more turns than a ring has room for, of some partition.
    assert max(each.turn for each in playing.sealed) > RING


@pytest.mark.parametrize("last", [of("ann", "last", at(2)), None, "change"])
def test_a_run_that_a_keeper_limits_goes_by_the_members_ids_whatever_partitions_they_are_in(last: Any) -> None:
    bulk = {"kind": "activity", "type": "bulk", "code": "b", "name": "B", "segment": "all", "schedule": {"at": at(1, "23:00:00")}}
    bulk |= {"gifts": [{"kind": "points", "points": 1}], "limits": {"total": 100}}
    playing = Playing([program(10_000), bulk], turn_bytes=5_000)
    ids = [f"m{number:03}" for number in range(200)]
    assert {partition_of(member_id, PARTITIONS) for member_id in ids} == set(range(PARTITIONS))
    for number, member_id in enumerate(reversed(ids)):
        playing.arrive(playing.record(of(member_id, f"o{number}", at(1), 1)))
    if last == "change":
        change = {"type": "change", "change": "archive", "kind": "activity", "code": "b", "saved_by": "eva", "saved_at": at(2)}
        playing.arrive(playing.record(change, 1))
    elif last is not None:
        playing.arrive(playing.record(last))
    playing.fold()
    if last is None:
        playing.end()
    assert sorted(grant["member_id"] for grant in playing.values(GIFTS)) == ids[:100]
    assert {refused["member_id"] for refused in playing.values(REFUSALS)} == set(ids[100:])
