"""A sink that is down is tried again, further and further apart, for as long as the partitions are ours (spec 4.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from agents.delivery.giving import Giving
from agents.delivery.settings import DeliverySettings
from agents.turns.committer import no_probe
from sinks.sink import Answer, SinkDown, Taken, Tried, untold

SETTINGS = DeliverySettings(turn_records=10, record_bytes=1000, retry_seconds=0.5, most_retry_seconds=3.0)


class DownFor:
    """Is down so many times, and takes what it is given then."""

    by_message = False

    def __init__(self, times: int) -> None:
        self.left = times
        self.given: list[Sequence[str]] = []

    async def look(self) -> None:
        """There is nothing to see."""

    async def give(self, items: Sequence[str], tried: Tried = untold) -> list[Answer]:
        self.given.append(items)
        if self.left:
            self.left -= 1
            raise SinkDown("it is down")
        return [Taken.NOW for _ in items]

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without waiting for them."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("agents.delivery.giving.asyncio.sleep", sleep)
    return made


def test_pauses_double_up_to_the_most_and_everything_is_given_again(pauses: list[float]) -> None:
    sink = DownFor(6)
    answers = asyncio.run(Giving("test", sink, SETTINGS, no_probe).give(["a", "b"], lambda: True))
    assert answers == [Taken.NOW, Taken.NOW] and sink.given == [["a", "b"]] * 7
    for pause, longest in zip(pauses, (0.5, 1.0, 2.0, 3.0, 3.0, 3.0), strict=True):
        assert longest / 2 <= pause <= longest
    # Workers that found it down together do not come back together.
    assert len(set(pauses)) == len(pauses)


def test_it_is_given_up_when_the_partitions_are_taken_away(pauses: list[float]) -> None:
    sink = DownFor(100)
    answers = asyncio.run(Giving("test", sink, SETTINGS, no_probe).give(["a"], lambda: len(pauses) < 3))
    assert answers is None and len(sink.given) == 3
