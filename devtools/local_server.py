"""What the servers on this machine have in common: started, stopped, killed and started again on the same ports and data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from devtools.server_process import ServerProcess


class LocalServer(ABC):
    """One server; as a context manager it runs while it is entered. Its folder takes its data and its log (NAME.log)."""

    # As people call it.
    name: str
    start_seconds: float
    stop_seconds: float

    def __init__(self, folder: Path, command: Sequence[str], cpus: str | None) -> None:
        """`cpus`: cores that it is pinned to, as in "0" or "0,2-3"."""
        self._folder = folder
        self.process = ServerProcess(self.name, command, folder / f"{self.name.lower()}.log", cpus)

    @abstractmethod
    def prepare(self) -> None:
        """Makes in the folder, which is there, what the server needs to start. Raises RuntimeError when this machine lacks any of it."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves now."""

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError when it does not, or this machine lacks what it needs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.prepare()
        self.process.start(self.answers, self.start_seconds)

    def stop(self) -> None:
        """Shut it down in order."""
        self.process.stop(self.stop_seconds)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()

    def restart(self) -> None:
        """Stop it if it runs, and start it on the same ports and data."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()
