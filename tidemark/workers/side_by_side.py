"""Several sinks' workers, each a process that ends and is started again by itself: so that nothing of one holds up another (spec 4.2)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import NoReturn

import structlog

from tidemark.logs import configure_logging
from tidemark.settings.settings import Settings
from tidemark.workers.delivery import DeliveryWorker
from tidemark.workers.group_worker import WorkerOptions
from tidemark.workers.running import run_worker

_LOOK_SECONDS = 0.2
# Longer than a worker takes to stop.
_STOP_SECONDS = 25.0
# Between the starts of one that ends again and again; doubled each time, from the first again after it has run for so long.
_PAUSE_SECONDS, _MOST_PAUSE_SECONDS, _WELL_SECONDS = 1.0, 30.0, 60.0

_CHILD = "from tidemark.workers.side_by_side import run_one; run_one()"


class _Child:
    """The worker of one sink, started again whenever it ends."""

    def __init__(self, sink: str, number: int, settings: Settings) -> None:
        self._sink = sink
        self._environment = dict(os.environ)
        if settings.metrics_port:
            # A port each, from the setting's on.
            self._environment["TIDEMARK_METRICS_PORT"] = str(settings.metrics_port + number)
        self._pause_seconds = _PAUSE_SECONDS
        self._start_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Starts it where it does not run, and it is time."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            if now - self._start_at > _WELL_SECONDS:
                self._pause_seconds = _PAUSE_SECONDS
            structlog.get_logger().error("sink_worker_ended", sink=self._sink, code=code, again_in_seconds=self._pause_seconds)
            self._start_at = now + self._pause_seconds
            self._pause_seconds = min(2 * self._pause_seconds, _MOST_PAUSE_SECONDS)
            self.process = None
        if now >= self._start_at:
            self._start_at = now
            # Not from the folder where it was started (-P): the program that we are. Its standard input ends with us, however we end.
            command = [sys.executable, "-P", "-c", _CHILD, self._sink]
            self.process = subprocess.Popen(command, env=self._environment, stdin=subprocess.PIPE)


def run_side_by_side(settings: Settings, sinks: Sequence[str]) -> NoReturn:
    """Runs a worker for each sink in the foreground, until SIGTERM or SIGINT. Exit 0 where all stopped gracefully."""
    configure_logging(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    children = [_Child(sink, number, settings) for number, sink in enumerate(sinks)]
    while not stop.is_set():
        for child in children:
            child.look()
        stop.wait(_LOOK_SECONDS)
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    sys.exit(max((_ended(process) for process in running), default=0))


def run_one() -> NoReturn:
    """In its own process: the worker of the sink that is named, until SIGTERM, or until whoever started it is gone."""
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    settings = Settings()
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions(), sys.argv[1]))


def _end_with_standard_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _ended(process: subprocess.Popen[bytes]) -> int:
    """0, or 1 where it had to be killed or failed."""
    try:
        return min(1, abs(process.wait(_STOP_SECONDS)))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return 1
