"""Two aggregation workers, each started again at once when it has ended, as a supervisor does."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_LOOK_SECONDS = 0.2
_END_SECONDS = 30
_OWNING_SECONDS = 120.0


class Workers:
    """As a context manager they run while it is entered."""

    def __init__(self, program: Path, environment: Mapping[str, str], folder: Path) -> None:
        self._command = [str(program), "aggregate"]
        self._environment = {**os.environ, **environment}
        self._folder = folder
        self._stopped = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise)
        self.starts = 0
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._processes = [self._start(), self._start()]
        self._supervisor.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._stopped.set()
        self._supervisor.join()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def wait_owning(self) -> None:
        """Until each has taken over partitions. Raises RuntimeError where that takes too long."""
        give_up_at = time.monotonic() + _OWNING_SECONDS
        while any(b'"partition_taken"' not in log.read_bytes() for log in self._logs()):
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"a worker has no partition after {_OWNING_SECONDS} s; the logs are in {self._folder}")
            time.sleep(_LOOK_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        """To one of them."""
        self._processes[0].send_signal(number)

    def _logs(self) -> list[Path]:
        """Of the last that were started."""
        return [self._folder / f"worker-{number}.log" for number in (self.starts - 1, self.starts)]

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        with (self._folder / f"worker-{self.starts}.log").open("wb") as log:
            return subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def _supervise(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            self._processes = [process if process.poll() is None else self._start() for process in self._processes]
