"""What was fetched before a rebalance and comes after it."""

from __future__ import annotations

from agents.turns.shard import Shard
from broker.client.fetch import Fetched
from broker.client.produce import Identity
from broker.wire.records import Record
from tables.commit_log import CommitLog
from tables.partition import PartitionTable


def fetched(from_offset: int, until: int) -> Fetched:
    records = [Record(offset, 0, None, b"{}", []) for offset in range(from_offset, until)]
    return Fetched("pos.orders", 0, from_offset, records, until, until)


def test_a_fetch_from_beyond_the_position_is_thrown_away() -> None:
    """It was asked for before the position went back to what is committed: taking it would pass over what lies between."""
    log = CommitLog("changelog", 0, Identity(-1, -1), 0)
    shard = Shard(PartitionTable(0, {}, 0), log, {"pos.orders": 0})
    shard.arrive([("pos.orders", fetched(0, 5))])
    shard.forget_waiting()
    shard.arrive([("pos.orders", fetched(5, 9))])
    assert not shard.busy()
    shard.arrive([("pos.orders", fetched(0, 5)), ("pos.orders", fetched(5, 9))])
    assert shard.busy()
