"""A server run as a child process: started, watched, ended; it does not outlive the process that started it."""

from __future__ import annotations

import atexit
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

POLL_SECONDS = 0.05
LOG_TAIL_BYTES = 3_000


class ServerProcess:
    """One server, run again and again with the same command and log.

    Start it from a thread that lives as long as the server must: Linux counts the end of that thread as the parent's death.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, cpus: str | None = None) -> None:
        self.name = name
        self.log = log
        self._command = [*_until_parent_dies(), *_pinned(cpus), *command]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id. Raises RuntimeError when it is not running."""
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self.name} is not running")
        return self._process.pid

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, is_ready: Callable[[], bool], deadline_seconds: float) -> None:
        """Start it and wait until is_ready says so.

        Raises RuntimeError, with the log's end, when it ends or is not ready within the deadline; it is not left running.
        """
        if self.is_running():
            raise RuntimeError(f"{self.name} is running already")
        with self.log.open("ab") as log:
            # A group of its own: a Ctrl-C meant for the tests must not reach it before they have cleaned up.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        atexit.register(self.kill)
        deadline = time.monotonic() + deadline_seconds
        while not is_ready():
            if not self.is_running():
                raise RuntimeError(f"{self.name} ended while starting; {self.log} ends with:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.name} was not ready in {deadline_seconds} s:\n{self._log_tail()}")
            time.sleep(POLL_SECONDS)

    def stop(self, deadline_seconds: float) -> None:
        """End it with SIGTERM, as its service manager would; with SIGKILL if it has not ended by the deadline."""
        if self._process is not None and self.is_running():
            self._process.terminate()
            try:
                self._process.wait(deadline_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._reap()

    def kill(self) -> None:
        """End it with SIGKILL, at once."""
        if self._process is not None and self.is_running():
            self._process.kill()
        self._reap()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT make it sleep and wake."""
        assert self._process is not None, f"{self.name} was never started"
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.wait()

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None
        atexit.unregister(self.kill)

    def _log_tail(self) -> str:
        return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")


def _until_parent_dies() -> list[str]:
    # util-linux's way to PR_SET_PDEATHSIG, which outlives the exec: a test run that is killed leaves no servers behind.
    return ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []


def _pinned(cpus: str | None) -> list[str]:
    return [] if cpus is None else ["taskset", "--cpu-list", cpus]
