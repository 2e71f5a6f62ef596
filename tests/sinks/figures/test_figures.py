"""Figures on a real Redis: a turn counts once, whole or not at all (spec 4.6)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
import redis as plain

from devtools.redis import Redis
from rules.figures.additions import Additions, Cell, Performance
from sinks.figures.figures import SCRIPT, Figures
from sinks.figures.periods import Retention, periods
from sinks.redis.advice import Address
from sinks.sink import Answer, SinkDown, SinkForgot, Taken
from tests.services.fixtures import MakeRedis
from tidemark.settings.settings import Settings

pytestmark = pytest.mark.redis

# The first and the last minute of this hour, since Redis forgets what is over by the real clock.
NOON = int(time.time()) // 3_600 * 60
LAST = NOON + 59
KEPT = Retention(1, 3, 5)
MINUTE, HOUR, DAY = (period.name for period in periods(NOON, KEPT))


def cell(minute: int = NOON, store_id: str = "s1", channel: str = "pos", amount: int = 100) -> Cell:
    return Cell(minute, store_id, channel, "GBP", 1, amount, 0, 0, 2)


def turn(number: int, *cells: Cell, partition: int = 0, **performance: Performance) -> Additions:
    return Additions(
        partition,
        number,
        number - 1 if number > 1 else -1,
        NOON,
        {code.replace("_", "-"): each for code, each in performance.items()},
        list(cells),
    )


def run(url: str, prefix: str, work: Callable[[Figures], Awaitable[None]]) -> None:
    async def working() -> None:
        figures = Figures(Address(url, None, None, 2.0), prefix, KEPT)
        try:
            await work(figures)
        finally:
            await figures.close()

    asyncio.run(working())


def test_a_turn_that_is_given_again_changes_nothing(redis_server: Redis, prefix: str) -> None:
    first, second = turn(1, cell()), turn(2, cell(LAST, "s2", "online", 50), cell(LAST, "", "", 0))

    async def work(figures: Figures) -> None:
        assert await figures.give([first, second, first, second]) == [Taken.NOW, Taken.NOW, Taken.BEFORE, Taken.BEFORE]
        assert await figures.give([turn(1, cell(), partition=1), second]) == [Taken.NOW, Taken.BEFORE]
        assert await figures.of(f"{HOUR}:total") == {"amount:GBP": 250, "grants": 8, "orders": 4}
        assert await figures.of(f"{MINUTE}:total") == {"amount:GBP": 200, "grants": 4, "orders": 2}
        assert await figures.of(f"{DAY}:store:s2") == {"amount:GBP": 50, "grants": 2, "orders": 1}
        assert await figures.of(f"{DAY}:channel:pos") == {"amount:GBP": 200, "grants": 4, "orders": 2}
        assert await figures.of(f"{DAY}:store:") == {}

    run(redis_server.url, prefix, work)


def test_an_activity_has_what_it_brought_over_all_time_and_by_the_turns_time(redis_server: Redis, prefix: str) -> None:
    brought = Performance(orders=2, amount=300, members=1, grants=3, total=1, points=5, coupons={"cup": 2}, value={"GBP": 600})

    async def work(figures: Figures) -> None:
        await figures.give([turn(1, a_b=brought), turn(2, a_b=Performance(refunded=7))])
        wanted = {"amount": 300, "coupon:cup": 2, "grants": 3, "members": 1, "orders": 2, "points": 5, "total": 1, "value:GBP": 600}
        assert await figures.of("activity:a-b") == dict(sorted((wanted | {"refunded": 7}).items()))
        assert await figures.of(f"{HOUR}:activity:a-b") == await figures.of("activity:a-b")

    run(redis_server.url, prefix, work)


def test_what_is_kept_no_longer_is_left_out(redis_server: Redis, prefix: str) -> None:
    """By minute, a sale of two days ago; by hour it is kept, for as long as it says."""
    late = NOON - 2 * 1_440
    minute, hour, _ = periods(late, KEPT)

    async def work(figures: Figures) -> None:
        await figures.give([turn(1, cell(late))])
        assert await figures.of(f"{minute.name}:total") == {}
        assert (await figures.of(f"{hour.name}:total"))["orders"] == 1

    run(redis_server.url, prefix, work)
    with plain.Redis.from_url(redis_server.url) as client:
        assert client.expiretime(f"{prefix}figures:{{figures}}:{hour.name}:total") == hour.ends
        assert client.expiretime(f"{prefix}figures:{{figures}}:through") == -1


def test_one_that_does_not_answer_is_down_and_what_it_was_given_is_given_again(make_redis: MakeRedis, prefix: str) -> None:
    server = make_redis(append_only=True)
    server.start()

    async def work(figures: Figures) -> None:
        assert await figures.give([turn(1, cell())]) == [Taken.NOW]
        server.kill()
        with pytest.raises(SinkDown):
            await figures.give([turn(2, cell())])
        server.start()
        assert await figures.give([turn(1, cell()), turn(2, cell())]) == [Taken.BEFORE, Taken.NOW]
        assert (await figures.of(f"{DAY}:total"))["orders"] == 2

    run(server.url, prefix, work)


def test_many_workers_at_once_add_each_turn_once(redis_server: Redis, prefix: str) -> None:
    """Also where two have the same partition, as while one of them sleeps."""

    async def work(figures: Figures) -> None:
        others = [Figures(Address(redis_server.url, None, None, 5.0), prefix, KEPT) for _ in range(6)]
        turns = {partition: [turn(number, cell(), partition=partition) for number in range(1, 41)] for partition in range(3)}

        async def give(worker: int) -> list[Answer]:
            answers: list[Answer] = []
            for start in range(0, 40, 5):
                answers += await others[worker].give(turns[worker % 3][start : start + 5])
            return answers

        answers = await asyncio.gather(*(give(worker) for worker in range(6)))
        assert sum(each.count(Taken.NOW) for each in answers) == 120
        assert await figures.of(f"{DAY}:total") == {"amount:GBP": 12_000, "grants": 240, "orders": 120}
        for other in others:
            await other.close()

    run(redis_server.url, prefix, work)


def test_figures_larger_than_a_double_holds_are_exact(redis_server: Redis, prefix: str) -> None:
    async def work(figures: Figures) -> None:
        await figures.give([turn(1, cell(amount=2**60)), turn(2, cell(amount=2**60 + 1)), turn(3, cell(amount=-1))])
        assert (await figures.of(f"{DAY}:total"))["amount:GBP"] == 2**61

    run(redis_server.url, prefix, work)


def test_a_redis_that_has_lost_turns_is_seen_to_have(redis_server: Redis, prefix: str) -> None:
    async def work(figures: Figures) -> None:
        turns = [turn(number, cell()) for number in range(1, 5)]
        await figures.give(turns[:2])
        with pytest.raises(SinkForgot, match="up to turn 2, and turn 4 comes after 3"):
            await figures.give(turns[3:])
        with plain.Redis.from_url(redis_server.url) as client:
            client.delete(*client.keys(f"{prefix}figures:*"))
        with pytest.raises(SinkForgot, match="up to turn -1, and turn 3"):
            await figures.give(turns[2:])
        assert await figures.of(f"{DAY}:total") == {}
        assert await figures.give(turns) == [Taken.NOW] * 4

    run(redis_server.url, prefix, work)


def test_what_is_gone_for_good_is_gone_on_without_where_a_setting_says_so(redis_server: Redis, prefix: str) -> None:
    async def work() -> None:
        figures = Figures(Address(redis_server.url, None, None, 2.0), prefix, KEPT, accept_loss=True)
        assert await figures.give([turn(4, cell()), turn(5, cell()), turn(3, cell())]) == [Taken.NOW, Taken.NOW, Taken.BEFORE]
        await figures.close()

    asyncio.run(work())


def test_members_who_bought_stand_with_the_day_alone(redis_server: Redis, prefix: str) -> None:
    async def work(figures: Figures) -> None:
        additions = turn(1, cell())
        additions.members = {NOON // 1_440: 3, NOON // 1_440 - 400: 7}
        await figures.give([additions])
        assert await figures.of(f"{DAY}:total") == {"amount:GBP": 100, "grants": 2, "members": 3, "orders": 1}
        assert "members" not in await figures.of(f"{HOUR}:total")

    run(redis_server.url, prefix, work)


def test_how_long_each_is_kept_is_a_setting_and_what_is_written_is_absolute(redis_server: Redis, prefix: str) -> None:
    async def work() -> None:
        settings = Settings(
            redis_url=redis_server.url, prefix=prefix, figures_minutes_days=3, figures_hours_days=30, figures_days_days=300
        )
        figures = settings.live_figures()
        await figures.give([turn(1, cell(), a=Performance(orders=1))])
        await figures.close()

    asyncio.run(work())
    with plain.Redis.from_url(redis_server.url, decode_responses=True) as client:
        base = f"{prefix}figures:{{figures}}:"
        for period in periods(NOON, Retention(3, 30, 300)):
            assert client.expiretime(f"{base}{period.name}:total") == period.ends
        # Of an activity over all time it is kept for good.
        assert client.expiretime(f"{base}activity:a") == -1
    # Nothing is added up in Redis, where nobody knows what was added before.
    assert "HSET" in SCRIPT and "INCR" not in SCRIPT
