"""The partitions of a replay in its own process, and their turns that are open: kept, and written nowhere."""

from __future__ import annotations

from collections.abc import Callable, Collection

from agents.fold.settings import FoldSettings
from agents.replaying.changes import ChangeLines
from agents.turns.shard import Shard
from agents.turns.turn import Turn
from broker.client.produce import Identity
from rules.clock import Clock
from sinks.topics.values import Values
from streams.topics import AGGREGATE_CHANGELOG
from tables.commit_log import CommitLog
from tables.keeping import Keeping
from tables.partition import PartitionTable

# Told of each record that is put out: its topic (short name) and its value.
Take = Callable[[str, bytes], None]


class Partitions:
    """All of them. What is put out is told of as turns end."""

    def __init__(
        self,
        changes: ChangeLines,
        settings: FoldSettings,
        keep_orders_ms: int,
        clock: Clock,
        keeping: Keeping,
        topics: Collection[str],
        take: Take,
    ) -> None:
        """`clock`, `keeping`: those of all. `topics`: those (short names) of which `take` is to be told."""
        self._changes = changes
        self._settings = settings
        self._topics = topics
        self._take = take
        self._shards = [
            _shard(PartitionTable(number, {}, keep_orders_ms, clock=clock, keeping=keeping, logged=False))
            for number in range(settings.partitions)
        ]
        self.tables = [shard.table for shard in self._shards]
        self._open: list[Turn | None] = [None] * settings.partitions

    def turn(self, partition: int) -> Turn:
        """The turn that is open of a partition, and not full."""
        turn = self._open[partition]
        if turn is not None and turn.full():
            self._keep(partition, turn)
            turn = None
        return turn or self._begin(partition)

    def keep_all(self) -> None:
        """Ends the turns that are open."""
        for partition, turn in enumerate(self._open):
            if turn is not None:
                self._keep(partition, turn)

    def see_to(self, partition: int) -> None:
        """Fires all that is due by now."""
        is_done = False
        while not is_done:
            turn = self.turn(partition)
            is_done = self._shards[partition].see_to_all(turn)
            self._keep(partition, turn)

    def _begin(self, partition: int) -> Turn:
        turn = self._shards[partition].begin(self._changes.rulebook, self._settings, Values(self._topics))
        self._open[partition] = turn
        return turn

    def _keep(self, partition: int, turn: Turn) -> None:
        """Ends a turn: what it has changed is kept, and what it puts out is told."""
        self._open[partition] = None
        self._shards[partition].keep(turn)
        # A line is folded where its member's documents meet.
        assert not turn.rekeyed
        for letter in turn.malformed:
            self._take(letter.topic, letter.value)
        for topic, values in turn.outputs.by_topic.items():
            for value in values:
                self._take(topic, value)


def _shard(table: PartitionTable) -> Shard:
    """A partition whose turns are kept, and written nowhere."""
    return Shard(table, CommitLog(AGGREGATE_CHANGELOG, table.partition, Identity(-1, -1), 0), {})
