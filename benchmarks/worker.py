"""An engine's worker process: pinned to a core of its own, stopped and continued, ended."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

WORKER_CORE = 1
BROKER_CORE = 0
END_SECONDS = 30


class Worker:
    """A running worker; its standard output and error go to a log file."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def pause(self) -> None:
        """Stops it where it is, so that orders can pile up."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on."""
        os.killpg(self.pid, signal.SIGCONT)

    def must_run(self) -> None:
        """Raises RuntimeError with the end of its log when it has ended."""
        if self._process.poll() is not None:
            tail = self._log.read_text(errors="replace")[-2_000:]
            raise RuntimeError(f"the worker ended with {self._process.returncode}; the end of {self._log}:\n{tail}")

    def end(self) -> None:
        """Ends it, gently first."""
        if self._process.poll() is None:
            self.resume()
            os.killpg(self.pid, signal.SIGTERM)
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self._process.wait()


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[Worker]:
    """Runs the command on the worker's core, and ends it whatever happens."""
    log.parent.mkdir(parents=True, exist_ok=True)
    pinned = ["taskset", "-c", str(WORKER_CORE), *command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    worker = Worker(process, log)
    try:
        yield worker
    finally:
        worker.end()
