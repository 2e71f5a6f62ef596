"""Documents played through the real pipeline: broker, worker, topics, tables (spec 6, `tidemark replay`)."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from broker.embedded import KEPT_BYTES
from streams.topics import DEAD_LETTERS, DEFINITIONS, GIFTS, LEVELS
from tidemark.definitions.publishing import publish_definitions
from tidemark.replay.feed import ReplayFeed
from tidemark.replay.processes import broker_for, look_after, stop, worker_process
from tidemark.replay.reader import ReplayReader, Take, delivered_through, reader_group
from tidemark.settings.settings import Settings

_POLL_EVERY = 200
_WAIT_SECONDS = 0.02

Event = Callable[[str, Mapping[str, object]], None]
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Outcome:
    """What came of a replay. Grants by id, levels by (program, member), dead letters by where they came from; `prefix`: its own."""

    prefix: str = ""
    grants: dict[str, Mapping[str, object]] = field(default_factory=dict)
    levels: dict[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    dead_letters: dict[str, Mapping[str, object]] = field(default_factory=dict)
    documents: int = 0
    seconds: float = 0.0
    worker_cpu_seconds: float = 0.0
    _had_a_level: set[tuple[str, str]] = field(default_factory=set)

    def take(self, topic: str, event: Mapping[str, object]) -> bool:
        """Keeps an event of the topic (short name); False for a grant that was taken before."""
        if topic == GIFTS:
            grant_id = str(event["grant_id"])
            if grant_id in self.grants:
                return False
            self.grants[grant_id] = event
        elif topic == LEVELS:
            self._take_level((str(event["program"]), str(event["member_id"])), event)
        elif topic == DEAD_LETTERS:
            self.dead_letters[str(event["source"])] = event
        return True

    def _take_level(self, place: tuple[str, str], event: Mapping[str, object]) -> None:
        """Who is in a program without ever having had a level there has none since no time (spec 6)."""
        if event["why"] == "left":
            self.levels.pop(place, None)
            return
        if event["level"] is not None:
            self._had_a_level.add(place)
        self.levels[place] = event if place in self._had_a_level else {**event, "since": None}


def replay(
    settings: Settings,
    broker: str | None,
    definitions: Sequence[dict[str, object]],
    lines: Iterable[bytes],
    on_event: Event,
    on_progress: Progress,
    deliver: bool = False,
) -> Outcome:
    """Plays documents until all is through. `broker`: of a real one; None is the embedded one.

    `on_event` gets each grant, level change and dead letter as it comes, with its topic's short name; `on_progress` how many documents
    were put in, and how many grants came out. `deliver`: to the wallet too, in the Redis of the settings.

    Raises WorkerDied, BrokerUnavailable, KafkaException, Missing.
    """
    outcome = Outcome()

    def take(topic: str, event: Mapping[str, object]) -> None:
        if outcome.take(topic, event):
            on_event(topic, event)

    with ExitStack() as stack:
        settings, partitions = stack.enter_context(broker_for(settings, broker))
        outcome.prefix = settings.prefix
        asyncio.run(
            publish_definitions(settings.connection(), settings.prefix + DEFINITIONS, definitions, settings.keep_orders_ms())
        )
        modes = [*(["embedded"] if broker is None else []), *(["delivered"] if deliver else [])]
        worker = stack.enter_context(worker_process(settings, "aggregate", *modes))
        workers = [worker, *([stack.enter_context(worker_process(settings, "deliver", *modes))] if deliver else [])]
        reader = ReplayReader(settings, reader_group(settings), partitions, take)
        stack.callback(reader.close)
        feed = ReplayFeed(settings, f"{settings.prefix}aggregate", partitions, KEPT_BYTES if broker is None else None)
        play = _Play(outcome, feed, reader, workers, take, on_progress)
        started = time.monotonic()
        play.put(lines)
        feed.end()
        play.finish()
        # In the documents' order, whatever partition they came from.
        outcome.dead_letters = dict(sorted(outcome.dead_letters.items(), key=lambda letter: feed.number_of(letter[0])))
        outcome.seconds = time.monotonic() - started
        while deliver and not delivered_through(settings, partitions):
            look_after(workers)
            time.sleep(_WAIT_SECONDS)
        on_progress(outcome.documents, len(outcome.grants))
        outcome.worker_cpu_seconds = stop(worker)
    return outcome


@dataclass(slots=True)
class _Play:
    """Documents in and events out at the same time: the embedded broker keeps little, so whoever writes must also read."""

    outcome: Outcome
    feed: ReplayFeed
    reader: ReplayReader
    workers: Sequence[subprocess.Popen[bytes]]
    take: Take
    on_progress: Progress

    def put(self, lines: Iterable[bytes]) -> None:
        """Puts every line on the feed, as there is room."""
        outcome, feed = self.outcome, self.feed
        for line in lines:
            outcome.documents += 1
            if not feed.carries(line):
                self.take(DEAD_LETTERS, feed.too_large(line, outcome.documents))
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
