"""`python -m tests.upgrade.keep` keeps a changelog of today's format, for the releases to come: run where `tables.head.FORMAT` changes."""

from __future__ import annotations

import msgspec

from agents.fold.fold import fold
from agents.fold.incoming import Run
from agents.turns.error_limit import ErrorLimit
from agents.turns.sweep import sweep
from agents.turns.turn import Turn
from broker.wire.batches import NO_HEADERS, Entry, build, entry
from broker.wire.records import Headers, Record
from streams.topics import DEAD_LETTERS, GIFTS
from tables.head import FORMAT
from tables.layout import FENCE
from tables.partition import PartitionTable
from tests.entries import read_back
from tests.folding import KEEP_ORDERS_MS, SETTINGS
from tests.upgrade.input import lines, saved_definitions, written_again
from tests.upgrade.kept import PARTITION, PARTITIONS, Kept, Line, path_of, save
from tests.upgrade.rulebook import rulebook_of_records

_TURN_LINES = 40
_PRODUCER_ID = 7
_EPOCH = 3
# The last turns, whose outputs were not acknowledged when the release ended.
_UNPUBLISHED = 3
_SEED = 0x5EED_0F_A_57A7E


class Keeping:
    """Folds lines turn by turn, and keeps what a worker would have written."""

    def __init__(self) -> None:
        self.kept = Kept(saved_definitions(), [], [], [], [], [], {})
        self.table = PartitionTable(PARTITION, {"pos.orders": "of-old"}, KEEP_ORDERS_MS, _SEED)
        self._rulebook = rulebook_of_records(self.kept.definitions)
        self._settings = msgspec.structs.replace(SETTINGS, partitions=PARTITIONS)
        self._positions: dict[str, int] = {}
        self._records = 0
        self._append([entry(FENCE, b"%d" % _EPOCH, NO_HEADERS)])

    def turn(self, some: list[Line], unpublished: int) -> None:
        """A turn of these lines; of the turns before, so many are not acknowledged."""
        table = self.table
        turn = Turn(table, self._rulebook, self._settings, ErrorLimit())
        for line in some:
            offset = self._positions.get(line.topic, 0)
            headers: Headers = [(name, value) for name, value in line.headers]
            fold(turn, [Run(line.topic, [Record(offset, line.timestamp_ms, None, line.value, headers)])])
            self._positions[line.topic] = offset + 1
        sweep(turn, 1_000)
        assert not turn.rekeyed
        by_topic = {topic: list(entries) for topic, entries in turn.outputs.by_topic.items()}
        self.kept.letters += [letter.value for letter in turn.malformed if letter.topic == DEAD_LETTERS]
        head, entries = table.seal(dict(self._positions), table.head.turn + 1 - unpublished, by_topic, self._records)
        for topic, values in ((GIFTS, self.kept.grants), (DEAD_LETTERS, self.kept.letters)):
            values += [record.value or b"" for record in read_back(by_topic.get(topic, []))]
        if by_topic:
            self.kept.unpublished[head.turn] = by_topic
        self._append(entries)

    def _append(self, entries: list[Entry]) -> None:
        batch = build(entries, 0, _PRODUCER_ID, _EPOCH, self._records)
        # The broker gives a batch its offset.
        self.kept.batches.append(self._records.to_bytes(8, "big") + batch.data[8:])
        self._records += batch.records


def main() -> None:
    """Keeps today's."""
    keeping = Keeping()
    every = lines()
    half = len(every) * 3 // 5
    kept = keeping.kept
    kept.before, kept.after = every[:half], every[half:]
    starts = list(range(0, half, _TURN_LINES))
    for at in starts:
        last = starts[-_UNPUBLISHED:]
        keeping.turn(kept.before[at : min(half, at + _TURN_LINES)], last.index(at) if at in last else 0)
    first = keeping.table.head.unpublished_from
    kept.unpublished = {turn: by_topic for turn, by_topic in kept.unpublished.items() if turn >= first}
    kept.after[:0] = written_again(kept.before, kept.before[-1].timestamp_ms)
    save(kept, FORMAT)
    print(f"{path_of(FORMAT)}: {path_of(FORMAT).stat().st_size} bytes, {len(kept.before)} + {len(kept.after)} lines")


if __name__ == "__main__":
    main()
