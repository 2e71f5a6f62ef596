"""Documents played through the whole pipeline: broker, workers, topics, tables (spec 6, `tidemark replay --broker`; the demo)."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from agents.replaying.places import Places
from broker.embedded import KEPT_BYTES
from rules.definitions.kinds import ACTIVITY
from streams.topics import DEAD_LETTERS, DEFINITIONS
from tidemark.definitions.publishing import publish_definitions
from tidemark.replay.feed import ReplayFeed
from tidemark.replay.lines import RECORD_BYTES, carried, too_large
from tidemark.replay.outcome import Outcome, Progress
from tidemark.replay.processes import broker_for, look_after, stop, worker_process
from tidemark.replay.reader import ReplayReader, delivered_through, reader_group
from tidemark.settings.settings import Settings

_POLL_EVERY = 200
_WAIT_SECONDS = 0.02
# Nobody waits to take over from a run's only worker: however long a busy machine keeps it silent, its partitions are its own.
_SESSION_MS = 10 * 60_000


def replay_through_broker(
    settings: Settings,
    broker: str | None,
    definitions: Sequence[dict[str, object]],
    lines: Iterable[bytes],
    outcome: Outcome,
    on_progress: Progress,
    deliver: bool = False,
    ahead_bytes: int | None = None,
) -> None:
    """Plays documents until all is through, into `outcome`. `broker`: of a real one; None is the embedded one. `deliver`: to the wallet
    too, in the Redis of the settings. `ahead_bytes`: how far documents are put ahead of the workers, a feed and partition; None: as far as
    the broker keeps them.

    Raises WorkerDied, BrokerUnavailable, KafkaException, Missing.
    """
    with ExitStack() as stack:
        settings = settings.model_copy(update={"figures": outcome.figures, "session_timeout_ms": _SESSION_MS})
        outcome.know(str(each["code"]) for each in definitions if each.get("kind") == ACTIVITY)
        settings, partitions = stack.enter_context(broker_for(settings, broker))
        outcome.prefix = settings.prefix
        asyncio.run(
            publish_definitions(settings.connection(), settings.prefix + DEFINITIONS, definitions, settings.keep_orders_ms())
        )
        modes = [*(["embedded"] if broker is None else []), *(["delivered"] if deliver else [])]
        worker = stack.enter_context(worker_process(settings, "aggregate", *modes))
        workers = [worker, *([stack.enter_context(worker_process(settings, "deliver", *modes))] if deliver else [])]
        reader = ReplayReader(settings, reader_group(settings), partitions, outcome.take)
        stack.callback(reader.close)
        places = Places(partitions)
        kept_bytes = KEPT_BYTES if broker is None else None
        feed = ReplayFeed(settings, f"{settings.prefix}aggregate", places, partitions, ahead_bytes or kept_bytes)
        # What is kept for a reader must hold a record, and as much before it that is not read yet.
        play = _Play(outcome, feed, reader, workers, kept_bytes or RECORD_BYTES, on_progress)
        started = time.monotonic()
        play.put(lines)
        feed.end()
        play.finish()
        outcome.dead_letters.sort(places.number_of)
        outcome.seconds = time.monotonic() - started
        while deliver and not delivered_through(settings, partitions):
            look_after(workers)
            time.sleep(_WAIT_SECONDS)
        on_progress(outcome.documents, len(outcome.grants))
        outcome.worker_cpu_seconds = stop(worker)


@dataclass(slots=True)
class _Play:
    """Documents in and events out at the same time: the embedded broker keeps little, so whoever writes must also read."""

    outcome: Outcome
    feed: ReplayFeed
    reader: ReplayReader
    workers: Sequence[subprocess.Popen[bytes]]
    record_bytes: int
    on_progress: Progress

    def put(self, lines: Iterable[bytes]) -> None:
        """Puts every line on the feed, as there is room."""
        outcome, feed = self.outcome, self.feed
        for line in lines:
            outcome.documents += 1
            if not carried(line, self.record_bytes):
                outcome.take(DEAD_LETTERS, too_large(line, outcome.documents, self.record_bytes))
                continue
            while not feed.has_room():
                self._look(_WAIT_SECONDS)
            feed.put(line, outcome.documents)
            if outcome.documents % _POLL_EVERY == 0:
                self._look(0)
                self.on_progress(outcome.documents, len(outcome.grants))

    def finish(self) -> None:
        """Waits until all that was put is through, and all that came of it has been read."""
        while not self.feed.flushed():
            look_after(self.workers)
        while not self.feed.all_done():
            self._look(_WAIT_SECONDS)
            self.on_progress(self.outcome.documents, len(self.outcome.grants))
        while not self.reader.at_end():
            self.reader.poll(_WAIT_SECONDS)

    def _look(self, wait_seconds: float) -> None:
        look_after(self.workers)
        self.reader.poll(wait_seconds)
