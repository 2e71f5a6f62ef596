"""Several sinks' workers, each a process that ends and is started again by itself: so that nothing of one holds up another (spec 4.2)."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
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

_NAME = Path("/proc/self/comm")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# What runs here runs in one thread, and speaks with nobody: a fork takes nothing along that is not its own.
_FORK = multiprocessing.get_context("fork")


class _Child:
    """The worker of one sink, started again whenever it ends: a fork of this process, which has imported all that it runs on."""

    def __init__(self, sink: str, number: int, settings: Settings) -> None:
        self._sink = sink
        # A port each, from the setting's on.
        self._metrics_port = settings.metrics_port and settings.metrics_port + number
        self._pause_seconds = _PAUSE_SECONDS
        self._start_at = 0.0
        # Its other end is closed with us, however we end.
        self.ours_until_we_end: Connection | None = None
        self.process: ForkProcess | None = None

    def look(self, others: Sequence[_Child]) -> None:
        """Starts it where it does not run, and it is time."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.exitcode
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
            self._start(others)

    def _start(self, others: Sequence[_Child]) -> None:
        if self.ours_until_we_end is not None:
            self.ours_until_we_end.close()
        theirs, self.ours_until_we_end = _FORK.Pipe(duplex=False)
        inherited = [each.ours_until_we_end for each in (self, *others) if each.ours_until_we_end is not None]
        self.process = _FORK.Process(target=_run_one, args=(self._sink, self._metrics_port, theirs, inherited))
        # Nobody hears of a signal before it is his own.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self.process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()


def run_side_by_side(settings: Settings, sinks: Sequence[str]) -> NoReturn:
    """Runs a worker for each sink in the foreground, until SIGTERM or SIGINT. Exit 0 where all stopped gracefully."""
    configure_logging(settings.log_level)
    stop = threading.Event()
    for number in _SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    children = [_Child(sink, number, settings) for number, sink in enumerate(sinks)]
    # What is imported by now stays, and is the children's as it is: a collection in one of them must not copy it.
    gc.freeze()
    while not stop.is_set():
        for child in children:
            child.look([other for other in children if other is not child])
        stop.wait(_LOOK_SECONDS)
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    sys.exit(max((_ended(process) for process in running), default=0))


def _run_one(sink: str, metrics_port: int, until_closed: Connection, inherited: Sequence[Connection]) -> NoReturn:
    """In its own process: the worker of a sink, until SIGTERM, or until whoever started it is gone."""
    for number in _SIGNALS:
        # As run_worker has it: nothing is ours yet.
        signal.signal(number, lambda *_: os._exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    for each in inherited:
        each.close()
    # By which it is told from the others, on Linux.
    if _NAME.exists():
        _NAME.write_text(sink)
    threading.Thread(target=_end_with, args=(until_closed,), daemon=True).start()
    settings = Settings(metrics_port=metrics_port)
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions(), sink))


def _end_with(until_closed: Connection) -> None:
    with suppress(EOFError):
        until_closed.recv_bytes()
    os.kill(os.getpid(), signal.SIGTERM)


def _ended(process: ForkProcess) -> int:
    """0, or 1 where it had to be killed or failed."""
    process.join(_STOP_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
        return 1
    return min(1, abs(process.exitcode))
