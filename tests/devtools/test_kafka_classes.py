"""The archive of Kafka's classes is made once, by a broker that starts and ends for it; one that does not come is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools.kafka_classes import make_class_archive
from devtools.local_server import LocalServer


class _Broker(LocalServer):
    """At its end it writes the file that its option names, as a JVM does, or nothing."""

    name = "Broker"
    start_seconds = 30
    stop_seconds = 30

    def __init__(self, folder: Path, option: str, *, writes: bool) -> None:
        new = option.removeprefix("-XX:ArchiveClassesAtExit=")
        self._up = folder / "up"
        at_end = f"echo classes > {new}; " if writes else "echo no room left; "
        super().__init__(folder, ["sh", "-c", f"trap '{at_end}exit' TERM; touch {self._up}; while :; do sleep 0.05; done"], None)

    def prepare(self) -> None:
        """It needs nothing."""

    def answers(self) -> bool:
        return self._up.exists()


def test_it_is_made_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def broker(folder: Path, option: str) -> LocalServer:
        made.append(folder)
        return _Broker(folder, option, writes=True)

    for _ in range(2):
        make_class_archive(tmp_path / "classes.jsa", broker)
    assert (tmp_path / "classes.jsa").read_text() == "classes\n"
    assert len(made) == 1 and not made[0].exists()


def test_where_none_comes_it_is_said_with_what_the_broker_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"no archive of classes(?s:.*)no room left"):
        make_class_archive(tmp_path / "classes.jsa", lambda folder, option: _Broker(folder, option, writes=False))
    assert not (tmp_path / "classes.jsa").exists()
