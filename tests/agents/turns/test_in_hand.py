"""What comes, and what is due, while a turn is on its way is all in the one turn in hand, which goes as soon as it may."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from agents.turns.shard import Sealed
from broker.embedded import EmbeddedBroker
from rules.times import epoch_ms
from streams.topics import DEAD_LETTERS, GIFTS, POS_ORDERS
from tests.agents.turns.alone import Alone
from tests.agents.turns.flow import PREFIX, Flow, document, flow, place
from tests.folding import SETTINGS, rulebook_of
from tests.oracle.examples import at, order, program, refund, spend

ORDERS = 20
NOW_MS = epoch_ms(datetime.fromisoformat(at(1)))
GIVEN_UP_MS = NOW_MS + SETTINGS.late_ms + 1


def alone(members: int) -> Alone:
    """A partition in which as many have a refund that is given up by now."""
    alone = Alone(rulebook_of([program(), spend()]))
    for number in range(members):
        alone.append(refund(f"r{number}", "never", at(1), ("x", 1, 100), member_id=f"m{number}"), NOW_MS)
    alone.settle()
    alone.shard.table.clock.reach(GIVEN_UP_MS)
    return alone


def append_order(alone: Alone, number: int) -> None:
    placed = datetime.fromtimestamp(GIVEN_UP_MS / 1000, UTC) - timedelta(hours=1)
    alone.append(order(f"o{number}", placed.isoformat(), ("x", 1, 100), member_id=f"new{number}"), GIVEN_UP_MS)


def told(sealed: Sealed) -> dict[str, int]:
    return {topic: len(listed) for topic, listed in sealed.outputs.items()}


def test_orders_that_come_share_the_turn_in_which_some_of_what_is_due_was_seen_to() -> None:
    run = alone(members=12)
    before = run.shard.table.head.turn
    assert run.shard.see_ahead(run.rulebook, SETTINGS, 10)
    for number in range(2):
        append_order(run, number)
        run.arrive()
        assert run.shard.take_in(run.rulebook, SETTINGS) and not run.shard.busy()
    assert run.shard.table.head.turn == before
    sealed = run.shard.seal_in_hand()
    assert told(sealed) | {DEAD_LETTERS: 10, GIFTS: 2} == told(sealed) and sealed.documents == 2
    assert sealed.positions[POS_ORDERS] == 14 and sealed.turn == before + 1
    run.commit(sealed)
    run.settle()
    # Each once, and what was not seen to in it in the next.
    assert (
        len(run.put_out[DEAD_LETTERS]) == 12 and len(run.put_out[GIFTS]) == 2 and not run.shard.table.members.keys() & {"m0", "m11"}
    )


def test_whoever_is_killed_with_a_turn_in_hand_has_done_nothing() -> None:
    run = alone(members=12)
    before = run.members()
    assert run.shard.see_ahead(run.rulebook, SETTINGS, 10)
    append_order(run, 0)
    run.arrive()
    run.shard.take_in(run.rulebook, SETTINGS)
    run.kill()
    assert run.members() == before
    run.shard.table.clock.reach(GIVEN_UP_MS)
    run.settle()
    assert len(run.put_out[DEAD_LETTERS]) == 12 and len(run.put_out[GIFTS]) == 1


def test_a_turn_is_judged_by_one_rulebook_and_what_comes_under_another_waits_for_the_next() -> None:
    run = alone(members=0)
    append_order(run, 0)
    run.arrive()
    assert run.shard.take_in(run.rulebook, SETTINGS)
    run.rulebook = rulebook_of([program(), spend(threshold=1_000)])
    append_order(run, 1)
    run.arrive()
    assert not run.shard.takes_more(run.rulebook) and not run.shard.take_in(run.rulebook, SETTINGS)
    assert run.shard.busy() and run.shard.oldest_waiting_ms() == GIVEN_UP_MS
    run.commit(run.shard.seal_in_hand())
    run.settle()
    assert [each["order_id"] for each in run.put_out[GIFTS]] == ["o0"]


def test_where_nothing_is_due_no_turn_is_begun() -> None:
    run = alone(members=0)
    assert not run.shard.see_ahead(run.rulebook, SETTINGS, 10) and not run.shard.in_hand()


class Slow:
    """Has brokers take what is for these topics once it is let; of none: anything."""

    def __init__(self, running: Flow, *topics: str) -> None:
        self.let = asyncio.Event()
        self._topics = {PREFIX + topic for topic in topics}
        self._producer = cast("Any", running.aggregation)._committer._producer
        self._put = self._producer.put
        self._producer.put = self.put

    def put(self, writes: Any, done: Any, failed: Any) -> Any:
        if self._topics.isdisjoint(write.topic for write in writes) and self._topics:
            return self._put(writes, done, failed)

        async def later() -> None:
            await self.let.wait()
            self._put(writes, done, failed)

        self.task = asyncio.create_task(later())
        return None


def work_on(test: Any) -> None:
    with EmbeddedBroker() as broker:
        place(broker.servers, ORDERS)

        async def work() -> None:
            async with flow(broker.servers, None) as running:
                await test(running)

        asyncio.run(work())


def test_what_comes_while_a_turn_is_committed_goes_in_one_turn_after_it() -> None:
    async def test(running: Flow) -> None:
        slow = Slow(running)
        running.arrive(0, ORDERS)
        await running.until(lambda: running.took == ORDERS)
        assert running.shard.positions[POS_ORDERS] == ORDERS and running.shard.table.head.turn == 1
        slow.let.set()
        await running.until(lambda: running.is_settled(ORDERS))
        assert running.shard.table.head.turn == 2
        assert await running.grants() == [f"spend/m{number}/1" for number in range(ORDERS)]

    work_on(test)


def test_a_worker_that_lets_go_finishes_the_turn_in_hand() -> None:
    async def test(running: Flow) -> None:
        slow = Slow(running)
        running.arrive(0, ORDERS)
        await running.until(lambda: running.took == ORDERS)
        assert running.shard.in_hand()
        letting_go = asyncio.create_task(running.ownership.revoked())
        await asyncio.sleep(0)
        slow.let.set()
        await letting_go
        assert not running.ownership.shards and not running.shard.in_hand()
        assert await running.grants() == [f"spend/m{number}/1" for number in range(ORDERS)]

    work_on(test)


def test_what_is_fetched_once_more_with_what_follows_it_is_taken_from_there_on() -> None:
    """As where a partition goes on that was held up, while what was fetched of it before is yet to be taken."""

    async def test(running: Flow) -> None:
        fetched = [document(number) for number in range(ORDERS)]
        running.arrive_together(0, fetched[:2])
        running.arrive_together(0, fetched[:5])
        # Of this nothing is new.
        running.arrive_together(1, fetched[1:4])
        running.arrive_together(5, fetched[5:])
        await running.until(lambda: running.is_settled(4))
        assert running.shard.positions[POS_ORDERS] == ORDERS
        assert await running.grants() == [f"spend/m{number}/1" for number in range(ORDERS)]

    work_on(test)


def test_what_does_not_follow_on_what_came_before_is_thrown_away() -> None:
    async def test(running: Flow) -> None:
        running.arrive(0, 2)
        running.arrive(3, 5)
        running.arrive(2, 3)
        await running.until(lambda: running.is_settled(5))
        assert running.shard.positions[POS_ORDERS] == 3

    work_on(test)


def test_what_throws_once_the_turn_before_is_published_ends_the_worker() -> None:
    async def test(running: Flow) -> None:
        committer = cast("Any", running.aggregation)._committer
        slow = Slow(running, GIFTS)
        running.arrive(0, 1)
        await running.until(lambda: committer._publishing)

        def throw(publishing: Any) -> Any:
            raise ValueError("cannot be put in a batch")

        committer._rounds = throw
        running.arrive(1, 2)
        await running.until(lambda: committer._unpublished)
        slow.let.set()
        with pytest.raises(ValueError, match="cannot be put in a batch"):
            await running.until(lambda: running.is_settled(2))

    work_on(test)
