"""The processes of a replay: the embedded broker, and workers with settings of their own."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from broker.client.cluster import Cluster
from broker.embedded import PARTITIONS, EmbeddedBroker
from streams.topics import TOPICS
from tidemark.settings.settings import Settings
from tidemark.topic_check import create_missing

_STOP_SECONDS = 30.0
_WAITED_MS = 60_000


class WorkerDied(Exception):
    """A worker of a replay ended before the documents did; what it said is on standard error."""


def leave_on_sigterm() -> None:
    """Has SIGTERM end this process as Ctrl-C does: what it has made is removed first."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


@contextmanager
def broker_for(settings: Settings, servers: str | None) -> Iterator[tuple[Settings, int]]:
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
                # It is there already: where it does not answer it is gone.
                "start_deadline_ms": 0,
                # It does not know a write that it has already taken, so that none may be sent twice: however busy the machine, it is waited
                # for, as long as a write may take.
                "request_timeout_ms": _WAITED_MS,
                "write_deadline_ms": _WAITED_MS,
            }
            update |= {"kafka_username": None, "kafka_password": None, "kafka_tls": False}
            yield settings.model_copy(update=update), PARTITIONS
        return
    settings = Settings.model_validate(settings.model_dump() | update | {"brokers": servers.removeprefix("kafka://")})
    cluster = Cluster(settings.connection())
    try:
        create_missing(cluster, settings)
        yield settings, settings.partitions
    finally:
        if made := cluster.topics(prefix + spec.name for spec in TOPICS):
            cluster.delete(made)


@contextmanager
def worker_process(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of `tidemark.replay.worker` with these arguments, and these settings in its environment."""
    environment = dict(os.environ)
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            written = value.get_secret_value() if hasattr(value, "get_secret_value") else value
            environment[f"TIDEMARK_{name.upper()}"] = ",".join(written) if isinstance(written, tuple) else str(written)
    # Their warnings are of what is meant to last.
    environment["TIDEMARK_LOG_LEVEL"] = "error"
    # Not from the folder where it was started (-P), which may have a `rules` of its own: the program that we are.
    command = [sys.executable, "-P", "-m", "tidemark.replay.worker", *arguments]
    # It ends when its standard input does: with us, however we end.
    worker = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()
        assert worker.stdin is not None
        worker.stdin.close()


def look_after(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    """Raises WorkerDied where one of them has ended."""
    for worker in workers:
        code = worker.poll()
        if code is not None:
            raise WorkerDied(f"a worker ended with exit code {code} before all was through; see its last lines above")


def stop(worker: subprocess.Popen[bytes]) -> float:
    """Stops the worker gracefully; the CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    worker.terminate()
    try:
        worker.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # All that it had to do is done.
        worker.kill()
        worker.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
