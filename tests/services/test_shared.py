"""What processes that run tests side by side share is begun once, and ended when the last of them has ended."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.services.shared import shared


class Server:
    """It writes down what befalls it; `begun`: in the process that began it."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.begun = False

    def begin(self) -> None:
        self.begun = True
        self._write("begun")

    def end(self) -> None:
        self._write("ended")

    def _write(self, line: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{line}\n")


class Config:
    """Of pytest's, what is done at the end of its process."""

    def __init__(self) -> None:
        self._ends: list[object] = []

    def add_cleanup(self, end: object) -> None:
        self._ends.append(end)

    def close(self) -> None:
        for end in reversed(self._ends):
            end()  # type: ignore[operator]


def use(folder: Path, ours: Connection) -> None:
    """One process: asks for it, says whether it has begun it, and leaves when it is told to."""
    config = Config()
    server = shared(config, folder, lambda: Server(folder / "log"), Server.begin, Server.end)  # type: ignore[arg-type]
    ours.send(server.begun)
    ours.recv()
    config.close()
    ours.send("left")


@pytest.mark.slow
def test_it_is_begun_by_the_first_and_ended_after_the_last(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    folder = tmp_path / "server"
    users = []
    for began in (True, False):
        theirs, ours = context.Pipe()
        process = context.Process(target=use, args=(folder, ours))
        process.start()
        assert theirs.recv() is began
        users.append((process, theirs))
    (first, to_first), (second, to_second) = users
    to_first.send("leave")
    assert not to_first.poll(0.5)
    assert (folder / "log").read_text().split() == ["begun"]
    to_second.send("leave")
    assert (to_second.recv(), to_first.recv()) == ("left", "left")
    assert (folder / "log").read_text().split() == ["begun", "ended"]
    for process in (first, second):
        process.join()
