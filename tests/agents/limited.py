"""Partitions of a worker whose grants are decided by keepers: what is put out for another partition is brought there, as a broker would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from agents.fold.fold import fold
from agents.fold.limited import may_decide_waiting
from broker.wire.batches import place_of
from broker.wire.records import Record
from streams.topics import LIMITED, REFUSALS
from tables.keeping import Keeping, decode_keeping
from tables.layout import ASKED, KEEPING, MADE, activity_of
from tables.made import decode_made
from tests.folding import Folding
from tests.tables.test_partition import NOON_MS

Document = dict[str, Any]
# For which partition each is.
TurnsOutputs = list[tuple[int, Record]]
# What befalls a partition, which, and of a crash how many turns were not acknowledged: see `Limiting.befall`.
BEFALLS = st.one_of(
    st.tuples(st.just("fold"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("publish"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("crash"), st.integers(0, 3), st.integers(1, 7)),
)


def owed_of(spent: Mapping[str, int]) -> dict[str, int]:
    """The ordinals of the grants that three steps of 100 owe, by id, to members who have spent so much."""
    return {f"spend/{member_id}/{n}": n for member_id, amount in spent.items() for n in (1, 2, 3) if amount >= 100 * n}


class Limiting(Folding):
    """Several partitions. What each turn puts out for others stands in `put_out`, by partition, and is published when a test says so."""

    def __init__(self, definitions: Sequence[Document], partitions: int = 4) -> None:
        super().__init__(definitions, partitions=partitions)
        self.put_out: list[list[TurnsOutputs]] = [[] for _ in self.tables]
        self._published = [0] * partitions
        # What was last committed of its keepers, by partition and key.
        self._kept: list[dict[bytes, bytes]] = [{} for _ in self.tables]

    def fold_one(self, partition: int) -> None:
        """One turn of all that waits in a partition, committed."""
        before = {topic: len(records) for topic, records in self.outputs.items()}
        committed = len(self.committed)
        table, waiting = self.tables[partition], self.waiting(partition)
        turn = self.begin(table)
        assert fold(turn, waiting) == sum(len(run.records) for run in waiting)
        waiting.clear()
        self.seal(table, turn)
        for record in self.committed[committed:]:
            if record.key is None or not record.key.startswith((KEEPING, MADE, ASKED)):
                continue
            if record.value is None:
                del self._kept[partition][record.key]
            else:
                self._kept[partition][record.key] = record.value
        found: TurnsOutputs = []
        for topic, records in self.outputs.items():
            name, to = place_of(topic, partition)
            if name == LIMITED:
                found += [(to, record) for record in records[before.get(topic, 0) :]]
        self.put_out[partition].append(found)

    def publish(self, partition: int) -> bool:
        """Publishes the next turn that a partition has committed; whether there was one."""
        turns, number = self.put_out[partition], self._published[partition]
        if number == len(turns):
            return False
        for to, record in turns[number]:
            self.take(record.value, topic=LIMITED, partition=to, headers=record.headers, now_ms=NOON_MS)
        self._published[partition] = number + 1
        return True

    def crash(self, partition: int, unacknowledged: int) -> None:
        """A worker is killed, and another takes the partition over as it was committed: so many turns are published again."""
        self._published[partition] = max(0, self._published[partition] - unacknowledged)
        table, kept = self.tables[partition], self._kept[partition]
        table.keeping, table.made, table.asked = Keeping(), {}, {}
        for key, value in kept.items():
            if key == KEEPING:
                table.keeping = decode_keeping(value)
            elif key.startswith(MADE):
                table.made[activity_of(key)] = decode_made(value)
            else:
                table.load_asked(key, value)

    def befall(self, what: str, partition: int, unacknowledged: int) -> None:
        """One of BEFALLS."""
        match what:
            case "fold":
                self.fold_one(partition)
            case "publish":
                self.publish(partition)
            case "crash":
                self.crash(partition, unacknowledged)
            case _:
                raise ValueError(f"nothing befalls a partition that is called {what!r}")

    def settle(self) -> None:
        """Folds and publishes everything until nothing is left."""
        left = True
        while left:
            left = False
            for partition in range(len(self.tables)):
                if self.waiting(partition) or self._owes(partition):
                    self.fold_one(partition)
                while self.publish(partition):
                    left = True

    def settle_before(self) -> None:
        """The same, of those who know what they know."""
        Limiting.settle(self)

    def _owes(self, partition: int) -> bool:
        turn = self.begin(self.tables[partition])
        return turn.owes_keepers() or may_decide_waiting(turn)

    def refusals(self) -> list[Document]:
        return self.values(REFUSALS)
