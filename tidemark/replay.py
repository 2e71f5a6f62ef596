"""Documents played through the real pipeline: broker, worker, topics, tables (spec 6, `tidemark replay`)."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from broker.cluster import Cluster
from broker.embedded import KEPT_BYTES, PARTITIONS, EmbeddedBroker
from streams.topics import DEAD_LETTERS, DEFINITIONS, GIFTS, LEVELS
from tidemark.documents_clock import midnight_after
from tidemark.publishing import publish_definitions
from tidemark.replay_feed import ReplayFeed
from tidemark.replay_reader import ReplayReader
from tidemark.replay_worker import reader_group
from tidemark.settings import Settings
from tidemark.topic_check import create_missing

_STOP_SECONDS = 20.0
_POLL_EVERY = 200
_WAIT_SECONDS = 0.02

Event = Callable[[str, Mapping[str, object]], None]
Progress = Callable[[int, int], None]


class WorkerDied(Exception):
    """The worker of a replay ended before the documents did; what it said is on standard error."""


@dataclass(slots=True)
class Outcome:
    """What came of a replay. Grants by id, levels by (program, member), dead letters by where they came from."""

    grants: dict[str, Mapping[str, object]] = field(default_factory=dict)
    levels: dict[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    dead_letters: dict[str, Mapping[str, object]] = field(default_factory=dict)
    documents: int = 0
    seconds: float = 0.0
    worker_cpu_seconds: float = 0.0


def replay(
    settings: Settings,
    broker: str | None,
    definitions: Sequence[dict[str, object]],
    timezone: str,
    lines: Iterable[bytes],
    on_event: Event,
    on_progress: Progress,
) -> Outcome:
    """Plays documents until all is through. `broker`: of a real one; None is the embedded one.

    `on_event` gets each grant, level change and dead letter as it comes, with its topic's short name; `on_progress` how many documents
    were put in, and how many grants came out. Raises WorkerDied, BrokerUnavailable.
    """
    outcome = Outcome()

    def take(topic: str, event: Mapping[str, object]) -> None:
        if topic == GIFTS:
            if event["grant_id"] in outcome.grants:
                return
            outcome.grants[str(event["grant_id"])] = event
        elif topic == LEVELS:
            place = (str(event["program"]), str(event["member_id"]))
            if event["why"] == "left":
                outcome.levels.pop(place, None)
            else:
                outcome.levels[place] = event
        elif topic == DEAD_LETTERS:
            outcome.dead_letters[str(event["source"])] = event
        on_event(topic, event)

    with ExitStack() as stack:
        settings, partitions = stack.enter_context(_broker(settings, broker))
        topic = settings.prefix + DEFINITIONS
        asyncio.run(publish_definitions(settings.connection(), topic, definitions))
        worker = stack.enter_context(_worker(settings, embedded=broker is None))
        reader = ReplayReader(settings, reader_group(settings), partitions, take)
        stack.callback(reader.close)
        feed = ReplayFeed(settings, f"{settings.prefix}aggregate", partitions, KEPT_BYTES if broker is None else None)
        started = time.monotonic()
        for line in lines:
            while not feed.has_room():
                _look_after(worker)
                reader.poll(_WAIT_SECONDS)
            feed.put(line)
            outcome.documents += 1
            if outcome.documents % _POLL_EVERY == 0:
                _look_after(worker)
                reader.poll(0)
                on_progress(outcome.documents, len(outcome.grants))
        feed.tick(midnight_after(max(0, feed.clock.now_ms), timezone))
        feed.flush()
        while not feed.all_done():
            _look_after(worker)
            reader.poll(_WAIT_SECONDS)
            on_progress(outcome.documents, len(outcome.grants))
        while not reader.at_end():
            reader.poll(_WAIT_SECONDS)
        outcome.seconds = time.monotonic() - started
        on_progress(outcome.documents, len(outcome.grants))
        outcome.worker_cpu_seconds = _stop(worker)
    return outcome


@contextmanager
def _broker(settings: Settings, servers: str | None) -> Iterator[tuple[Settings, int]]:
    """Settings for a prefix of its own on the broker, and the number of partitions; what was made is removed after it."""
    prefix = f"{settings.prefix}replay-{uuid.uuid4().hex[:12]}."
    update: dict[str, object] = {"prefix": prefix, "announce_registrations": True, "group_commit_ms": 50}
    if servers is None:
        with EmbeddedBroker() as embedded:
            update |= {
                "brokers": embedded.servers,
                "partitions": PARTITIONS,
                "turn_bytes": 1024 * 1024,
                "publish_bytes": 512 * 1024,
            }
            update |= {"kafka_username": None, "kafka_password": None, "kafka_tls": False}
            yield settings.model_copy(update=update), PARTITIONS
        return
    settings = settings.model_copy(update=update | {"brokers": servers})
    cluster = Cluster(settings.connection())
    created = create_missing(cluster, settings)
    try:
        yield settings, settings.partitions
    finally:
        cluster.delete(created)


@contextmanager
def _worker(settings: Settings, *, embedded: bool) -> Iterator[subprocess.Popen[bytes]]:
    """The worker's process, with these settings in its environment."""
    environment = dict(os.environ)
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            written = value.get_secret_value() if hasattr(value, "get_secret_value") else value
            environment[f"TIDEMARK_{name.upper()}"] = ",".join(written) if isinstance(written, tuple) else str(written)
    environment["TIDEMARK_LOG_LEVEL"] = "warning"
    command = [sys.executable, "-m", "tidemark.replay_worker", *(["embedded"] if embedded else [])]
    worker = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()


def _look_after(worker: subprocess.Popen[bytes]) -> None:
    code = worker.poll()
    if code is not None:
        raise WorkerDied(f"the worker ended with exit code {code} before all was through; see its last lines above")


def _stop(worker: subprocess.Popen[bytes]) -> float:
    """Stops the worker gracefully; the CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    worker.terminate()
    worker.wait(_STOP_SECONDS)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
