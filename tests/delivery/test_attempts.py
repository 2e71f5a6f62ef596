"""What is told of attempts at a sink, and what is read of it of one gift (spec 4.2; `tidemark explain`)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agents.delivery import attempts as attempts_module
from agents.delivery.attempts import Attempts
from agents.fold.incoming import Incoming
from broker.wire.records import Record
from rules.times import at_utc
from sinks.sink import Answer, Refused, Taken
from sinks.topics.formats import Attempted, FailedTry, TriedApart
from streams.topics import GIFTS, RELEASES
from tidemark.explaining.attempts import Attempt, attempts_of

GIVEN = [Incoming(GIFTS, Record(offset, 0, None, b"", [])) for offset in (10, 11, 14)]
GIVEN.append(Incoming(RELEASES, Record(3, 0, None, b"", [])))
NOW = Taken.NOW


class Clock:
    """Which the tests move."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        self.ms += 1_000
        return self.ms


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(attempts_module, "now_ms", made)
    return made


def attempts(*, by_message: bool) -> Attempts:
    return Attempts("it", by_message=by_message, partition=2, given=GIVEN)


def at(second: int) -> str:
    return at_utc(second * 1_000)


def came(told: Sequence[Attempted], offset: int, topic: str = GIFTS, gift: int = 1) -> list[str]:
    return [each.came for each in attempts_of(told, "it", topic, 2, offset, gift)]


@pytest.mark.parametrize("by_message", [False, True])
def test_where_all_goes_well_it_is_one_record_that_names_nobody(by_message: bool) -> None:
    log = attempts(by_message=by_message)
    if by_message:
        for place in range(4):
            log.tried(place, 1, "taken")
    told = log.settled([NOW] * 4)
    assert told == Attempted("it", 2, {GIFTS: (10, 14), RELEASES: (3, 3)}, told.settled_at, by_message=by_message)
    assert attempts_of([told], "it", GIFTS, 2, 11, 1) == [Attempt(str(told.settled_at), "taken")]
    assert came([told], 3, RELEASES) == ["taken"]
    assert came([told], 15) == [] and came([told], 3) == []
    assert attempts_of([told], "other", GIFTS, 2, 11, 1) == []


def test_a_sink_that_is_asked_for_all_at_once_tells_of_each_time() -> None:
    log = attempts(by_message=False)
    log.failed("ConnectionError", 2_500)
    assert log.to_be_told(lambda: 100.0)
    first = log.waiting(lambda: 100.0)
    assert first.failed == [FailedTry(at(1), "ConnectionError")]
    assert attempts_of([first], "it", GIFTS, 2, 10, 1) == [Attempt(at(1), "ConnectionError", at_utc(2_500))]
    # What follows soon after is told together.
    assert not log.to_be_told(lambda: 129.0) and log.to_be_told(lambda: 130.0)
    log.failed("TimeoutError", 0)
    log.failed("ConnectionError", 0)
    answers: list[Answer] = [NOW, Taken.BEFORE, Refused("wallet_full", "words of the sink, and m7"), NOW]
    last = log.settled(answers)
    assert "m7" not in repr(last)
    told = [first, last]
    errors = ["ConnectionError", "TimeoutError", "ConnectionError"]
    assert came(told, 10) == [*errors, "taken"]
    assert came(told, 11) == [*errors, "known"]
    assert came(told, 14) == [*errors, "refused"]


def test_of_a_sink_that_is_asked_by_messages_each_tells_of_its_own_tries() -> None:
    log = attempts(by_message=True)
    # Two gifts of one grant, of which one is not taken; then the sink is left alone.
    log.tried(0, 1, "taken")
    log.tried(0, 2, "503")
    log.tried(0, 2, "503")
    log.failed("503", 9_000)
    first = log.waiting()
    assert came([first], 10, gift=1) == ["taken"] and came([first], 10, gift=2) == ["503", "503"]
    assert attempts_of([first], "it", GIFTS, 2, 10, 2)[-1].next_at == at(9)
    assert came([first], 11) == ["waiting"]
    log.tried(0, 2, "taken")
    for place in (1, 2, 3):
        log.tried(place, 1, "taken")
    told = [first, log.settled([NOW] * 4)]
    assert came(told, 10, gift=1) == ["taken"] and came(told, 10, gift=2) == ["503", "503", "taken"]
    assert came(told, 11) == ["waiting", "taken"]


def test_of_very_many_tries_some_are_told_and_how_many_are_not() -> None:
    log = attempts(by_message=True)
    for _ in range(600):
        log.tried(0, 1, "500")
        log.tried(1, 1, "500")
    told = log.waiting()
    assert len(told.apart) == 1_000 and told.left_out == 200
    assert told.apart[0] == TriedApart("gifts/2/10", told.apart[0].at, "500", 1)
    # They are forgotten once they were told.
    assert log.settled([NOW] * 4).apart == []
