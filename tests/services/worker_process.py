"""Workers of tests: processes forked from one that has imported what they run on, for its imports are most of a worker's start."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
# Faust's own it imports when a worker has it do so; all but the last are reached by these.
_OF_FAUST = ["faust.worker", "faust.tables.manager", "faust.assignor.partition_assignor", "faust.app.router", "faust.fixups.django"]
_CONTEXT.set_forkserver_preload(
    ["tests.crash.worker", "tests.delivery.worker", "tidemark.workers.aggregation", "tidemark.cli", *_OF_FAUST]
)


class WorkerProcess:
    """One worker, run once. It does not outlive the process that started it."""

    def __init__(self, main: Callable[[], None], arguments: Sequence[str], settings: Mapping[str, str], log: Path) -> None:
        """`main`: a module's own function, which reads `sys.argv`. `settings`: added to this process's environment."""
        self.log = log
        # Whoever looks may come before the worker has said anything.
        log.touch()
        environment = {**os.environ, **settings}
        # No daemon, which may have no children, and a worker of several sinks has.
        self._process = _CONTEXT.Process(target=_run, args=(main, list(arguments), environment, log))
        self._process.start()
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.is_alive()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT make it sleep and wake."""
        if self.is_running():
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, at once."""
        self._process.kill()
        self._process.join()

    def wait(self) -> int:
        """Wait until it ends by itself; its exit code, below 0 by a signal."""
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


def _run(main: Callable[[], None], arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    # A group of its own: a Ctrl-C meant for the tests must not reach it before they have cleaned up.
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(file, standard)
    sys.argv = ["worker", *arguments]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    main()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
