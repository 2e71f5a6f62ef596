"""What every sink does, whatever becomes of its server (spec 4.2): each gift is taken once, nothing is lost, and it catches up."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.delivery.attempts import Attempts
from agents.delivery.giving import Giving
from agents.delivery.settings import DeliverySettings
from agents.fold.incoming import Incoming
from agents.turns.committer import no_probe
from broker.wire.records import Record
from sinks.sink import SinkDown, Taken
from streams.topics import GIFTS as TOPIC
from tests.sinks.conformance.bench import (
    TIMEOUT_SECONDS,
    Bench,
    CouponServiceBench,
    FiguresBench,
    Gift,
    NotificationsBench,
    WalletBench,
)
from tests.sinks.conformance.proxy import Fault
from tidemark.explaining.attempts import attempts_of
from tidemark.workers.delivery import SINKS as ROUTES

pytestmark = pytest.mark.redis

SINKS = ("wallet", "figures", "coupon_service", "mini_program", "sms")
# As workers do, with pauses for tests.
SETTINGS = DeliverySettings(turn_records=1000, record_bytes=10_000, retry_seconds=0.01, most_retry_seconds=0.05)
MEMBERS = [f"m{number}" for number in range(20)]
GIFTS: list[Gift] = [(member, number) for number in range(5) for member in MEMBERS]
MANY: list[Gift] = [(member, number) for number in range(100) for member in MEMBERS]
_WAIT_SECONDS = 120

Work = Callable[[Bench], Awaitable[None]]
Run = Callable[..., None]


@pytest.fixture(params=SINKS)
def run(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> Iterator[Run]:
    """Runs something with a bench of each kind."""
    make: dict[str, Callable[[float], Bench]] = {
        "wallet": lambda seconds: WalletBench(seconds, request.getfixturevalue("redis_server"), prefix),
        "figures": lambda seconds: FiguresBench(seconds, request.getfixturevalue("redis_server"), prefix),
        "coupon_service": lambda seconds: CouponServiceBench(seconds, tmp_path),
        "mini_program": lambda seconds: NotificationsBench(seconds, "mini_program"),
        "sms": lambda seconds: NotificationsBench(seconds, "sms"),
    }

    def running(work: Work, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        async def whole() -> None:
            bench = make[request.param](timeout_seconds)
            await bench.open()
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await work(bench)
            finally:
                await bench.close()

        asyncio.run(whole())

    yield running


async def _give(bench: Bench, gifts: list[Gift]) -> list[Any]:
    """As a worker does: until it is taken."""
    answers = await Giving("test", bench.sink, SETTINGS, no_probe).give([bench.item(gift) for gift in gifts], lambda: True)
    assert answers is not None and set(answers) <= {Taken.NOW, Taken.BEFORE}
    return answers


async def _each_is_there_once(bench: Bench, gifts: list[Gift]) -> None:
    assert await bench.held(MEMBERS) == Counter(set(gifts))
    for member in MEMBERS:
        got = await bench.in_order(member)
        assert got is None or got == [number for whose, number in dict.fromkeys(gifts) if whose == member]


async def _until(met: Callable[[], bool]) -> None:
    while not met():  # noqa: ASYNC110 — there is nobody to tell of it
        await asyncio.sleep(0.005)


def test_every_sink_is_on_a_bench() -> None:
    assert set(SINKS) == set(ROUTES)


def test_a_gift_twice_is_taken_once(run: Run) -> None:
    async def work(bench: Bench) -> None:
        first = await bench.sink.give([bench.item(gift) for gift in (*GIFTS, *GIFTS[:30])])
        assert first[: len(GIFTS)] == [Taken.NOW] * len(GIFTS)
        again = await bench.sink.give([bench.item(gift) for gift in GIFTS])
        assert again == [Taken.BEFORE] * len(GIFTS)
        await _each_is_there_once(bench, GIFTS)

    run(work)


def test_in_another_order_it_is_the_same(run: Run) -> None:
    async def work(bench: Bench) -> None:
        shuffled = list(GIFTS)
        random.Random(4).shuffle(shuffled)
        if not bench.any_order:
            # Of one member they come in their order, in any mixture of members.
            in_order = {member: iter(range(5)) for member in MEMBERS}
            shuffled = [(member, next(in_order[member])) for member, _ in shuffled]
        for start in range(0, len(shuffled), 7):
            await _give(bench, shuffled[start : start + 7])
        await _each_is_there_once(bench, shuffled)

    run(work)


@pytest.mark.parametrize("answers", [0, 1, 3])
def test_half_done_and_cut_it_is_given_again_and_taken_once(run: Run, answers: int) -> None:
    async def work(bench: Bench) -> None:
        bench.proxy.answers_left = answers
        bench.proxy.set(Fault.CUT)
        # What was asked got there; what came of it was not heard.
        with pytest.raises(SinkDown):
            await bench.sink.give([bench.item(gift) for gift in GIFTS])
        assert bench.proxy.met
        bench.proxy.set(Fault.NONE)
        await _give(bench, GIFTS)
        await _each_is_there_once(bench, GIFTS)

    run(work)


@pytest.mark.slow
def test_down_for_long_with_very_many_waiting_it_catches_up(run: Run) -> None:
    async def work(bench: Bench) -> None:
        await _give(bench, MANY[:100])
        bench.proxy.set(Fault.DOWN)
        giving = asyncio.create_task(_in_turns(bench, MANY[100:]))
        await _until(lambda: bench.proxy.met >= 20 or giving.done())
        assert not giving.done()
        assert await bench.held(MEMBERS) == Counter(MANY[:100])
        bench.proxy.set(Fault.NONE)
        await giving
        await _each_is_there_once(bench, MANY)

    run(work)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.DOWN, Fault.NONSENSE])
def test_each_attempt_is_told(run: Run, fault: Fault) -> None:
    """What `tidemark explain` reads of a gift: what came of each try, until the sink had it."""

    async def work(bench: Bench) -> None:
        bench.proxy.answers_left = 3
        bench.proxy.set(fault)
        given = [Incoming(TOPIC, Record(offset, 0, None, b"", [])) for offset in range(len(GIFTS))]
        attempts = Attempts("it", by_message=bench.sink.by_message, partition=0, given=given)

        async def found_down(down: SinkDown, pause_seconds: float) -> None:
            attempts.failed(down.word, 0)
            bench.proxy.set(Fault.NONE)

        giving = Giving("test", bench.sink, SETTINGS, no_probe)
        answers = await giving.give([bench.item(gift) for gift in GIFTS], lambda: True, attempts.tried, found_down)
        assert answers is not None
        told = attempts.settled(answers)
        assert told.failed and told.settled_at and not told.left_out
        tries = [
            [each.came for each in attempts_of([told], "it", TOPIC, 0, place, int(bench.sink.by_message))]
            for place in range(len(GIFTS))
        ]
        ends = {Taken.NOW: {"taken"}, Taken.BEFORE: {"known"}}
        if bench.sink.by_message:
            # Whoever was answered, and the answer was heard, was asked once; that which was not has more to tell.
            assert all(each[-1] in ("taken", "known") for each in tries)
            assert any(len(each) > 1 for each in tries) and any(len(each) == 1 for each in tries)
        else:
            # All of them are one question.
            assert all(len(each) == len(told.failed) + 1 for each in tries)
            assert all(each[-1] in ends[answer] for each, answer in zip(tries, answers, strict=True))  # type: ignore[index]
        assert all(came not in ("taken", "known", "refused") for each in tries for came in each[:-1])
        assert not any(member in each.source for each in told.apart for member in MEMBERS)

    run(work)


def test_answers_that_come_too_late_are_asked_for_again_and_taken_once(run: Run) -> None:
    async def work(bench: Bench) -> None:
        bench.proxy.slow_seconds = 2 * bench.timeout_seconds
        bench.proxy.set(Fault.SLOW)
        giving = asyncio.create_task(_give(bench, GIFTS))
        await _until(lambda: bench.proxy.met >= 3 or giving.done())
        assert not giving.done()
        bench.proxy.set(Fault.NONE)
        await giving
        await _each_is_there_once(bench, GIFTS)

    run(work, timeout_seconds=0.5)


def test_slow_and_yet_in_time_is_no_outage(run: Run) -> None:
    async def work(bench: Bench) -> None:
        bench.proxy.slow_seconds = 0.01
        bench.proxy.set(Fault.SLOW)
        assert await bench.sink.give([bench.item(gift) for gift in GIFTS]) == [Taken.NOW] * len(GIFTS)
        await _each_is_there_once(bench, GIFTS)

    run(work)


def test_nonsense_is_no_answer(run: Run) -> None:
    async def work(bench: Bench) -> None:
        bench.proxy.set(Fault.NONSENSE)
        with pytest.raises(SinkDown):
            await bench.sink.give([bench.item(gift) for gift in GIFTS])
        assert bench.proxy.met
        bench.proxy.set(Fault.NONE)
        await _give(bench, GIFTS)
        await _each_is_there_once(bench, GIFTS)

    run(work)


async def _in_turns(bench: Bench, gifts: list[Gift]) -> None:
    for start in range(0, len(gifts), 500):
        await _give(bench, gifts[start : start + 500])
