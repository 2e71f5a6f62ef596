"""The delivery: what stands on output topics into a sink (spec 4.2).

The sink comes before the commit: what a turn gave that was not committed is given again, and the sink knows it. While the sink is down
nothing is let go of and nothing else waits: the partitions stay ours, heartbeats go on, and a rebalance is not held up. Each sink has a
consumer group, a changelog and workers of its own, so that it holds up only itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

import structlog

from agents.delivery.again import Again
from agents.delivery.attempts import Attempts, now_ms
from agents.delivery.decode import Decode
from agents.delivery.giving import Giving
from agents.delivery.settings import DeliverySettings
from agents.fold.incoming import Incoming, dead_letter, header_ms
from agents.metrics import count_turns
from agents.ownership.ownership import Ownership
from agents.turns.committer import Committer
from agents.turns.shard import Sealed, Shard
from broker.wire.batches import ByTopic
from broker.wire.records import Output
from sinks.sink import Answer, Refused, SinkDown, SinkForgot
from sinks.topics.events import put_attempted
from sinks.topics.formats import Attempted
from sinks.topics.outputs import Outputs
from streams.consumer.turn_consumer import Arrived
from streams.decode import Malformed
from streams.routing import RECEIVED_HEADER

_log = structlog.get_logger()

T = TypeVar("T")

_CATCH_UP_SECONDS = 1.0


class _Turn(NamedTuple, Generic[T]):
    """What is in hand of one partition: for each record of `given` an item; the others hold nothing for the sink, or are among the dead
    letters. `attempts`: None where nobody asks how it went.
    """

    shard: Shard
    records: int
    given: list[Incoming]
    items: list[T]
    dead_letters: list[Output]
    attempts: Attempts | None


class Told(NamedTuple):
    """Under which names it is told how each attempt went: of the sink, and of the workers' app."""

    sink: str
    app: str


class Delivery(Generic[T]):
    """Gives and hands over; one for a worker."""

    def __init__(
        self,
        ownership: Ownership,
        committer: Committer,
        giving: Giving[T],
        decode: Mapping[str, Decode[T]],
        settings: DeliverySettings,
        took: Callable[[], None],
        generation: Callable[[], int],
        again: Again[T],
        told: Told | None = None,
    ) -> None:
        """`decode`: by source topic (short name). `took`: tells the consumer that there is room for more. `generation`: of the
        consumer group, now. `again`: what stood before what is given. `told`: None where attempts are not.
        """
        self._ownership = ownership
        self._committer = committer
        self._giving = giving
        self._decode = decode
        self._settings = settings
        self._took = took
        self._generation = generation
        self._again = again
        self._told = told
        # Held while what waits is given: nothing is given twice over.
        self._giving_turn = asyncio.Lock()

    async def run(self, stream: AsyncIterable[Arrived]) -> None:
        """The agent: what has arrived, turn by turn."""
        async for arrived in stream:
            async with self._ownership.turn:
                shards = self._ownership.arrive(arrived)
            async with self._giving_turn:
                await self._take(shards, arrived.generation)
            self._took()

    async def catch_up(self) -> None:
        """Sees to partitions that a broker held up, until cancelled."""
        while True:
            await asyncio.sleep(_CATCH_UP_SECONDS)
            async with self._giving_turn:
                shards = list(self._ownership.shards.values())
                await self._take(shards, self._generation())
                for shard in shards:
                    if not shard.busy() and self._ours(shard):
                        self._ownership.go_on(shard)

    async def _take(self, shards: Sequence[Shard], generation: int) -> None:
        """Gives what waits, in as many turns as it takes; a partition that a broker holds up is left for later."""
        while waiting := [shard for shard in shards if shard.busy() and self._ours(shard)]:
            ready = [shard for shard in waiting if shard.may_seal() and self._committer.has_room(shard.partition)]
            if ready:
                if not await self._turn(ready, generation):
                    break
                continue
            if all(self._committer.held_up(shard.partition) for shard in waiting):
                for shard in waiting:
                    self._ownership.hold_up(shard)
                break
            await self._committer.room()

    def _ours(self, shard: Shard) -> bool:
        return self._ownership.shards.get(shard.partition) is shard

    async def _turn(self, shards: Sequence[Shard], generation: int) -> bool:
        """One turn of each of these partitions. False when they were taken away meanwhile: others do it again."""
        turns = [self._read(shard) for shard in shards]
        answers = await self._give(turns, lambda: self._generation() == generation)
        async with self._ownership.turn:
            # While the sink was asked, the turn was not held, so that a rebalance need not wait for it.
            if answers is None or not all(self._ours(turn.shard) for turn in turns):
                return False
            sealed = [self._settled(turn, of_turn) for turn, of_turn in _by_turn(turns, answers)]
            count_turns(len(sealed))
            await self._committer.put(sealed)
        return True

    def _settled(self, turn: _Turn[T], answers: Sequence[Answer]) -> Sealed:
        """The turn, whose items the sink has answered for."""
        _bury_refused(turn, answers)
        told = None if turn.attempts is None or not turn.items else turn.attempts.settled(answers)
        return turn.shard.seal(turn.records, turn.dead_letters, self._outputs(turn, told))

    def _outputs(self, turn: _Turn[T], told: Attempted | None) -> ByTopic:
        if told is None or self._told is None:
            return {}
        outputs = Outputs(self._told.app, turn.shard.partition, turn.shard.table.head.turn + 1)
        put_attempted(outputs, told)
        return outputs.by_topic

    async def _tell_of_failure(self, turns: Sequence[_Turn[T]], down: SinkDown, pause_seconds: float) -> None:
        """That the sink was found down, in turns of nothing else; where these are taken away, or a broker holds them up, nothing."""
        for turn in turns:
            if turn.attempts is not None:
                turn.attempts.failed(down.word, now_ms() + int(pause_seconds * 1000))
        async with self._ownership.turn:
            sealed = [
                turn.shard.seal(0, [], self._outputs(turn, turn.attempts.waiting()))
                for turn in turns
                if turn.attempts is not None
                and turn.attempts.to_be_told()
                and self._ours(turn.shard)
                and turn.shard.may_seal()
                and self._committer.has_room(turn.shard.partition)
            ]
            if sealed:
                await self._committer.put(sealed)

    async def _give(self, turns: Sequence[_Turn[T]], go_on: Callable[[], bool]) -> list[Answer] | None:
        """What became of each item; None where it is not to go on. A sink that has lost what it took is given that again, once."""
        items = [item for turn in turns for item in turn.items]
        places = [(turn.attempts, place) for turn in turns for place in range(len(turn.items))]

        def tried(item: int, gift: int, came: str) -> None:
            attempts, place = places[item]
            if attempts is not None:
                attempts.tried(place, gift, came)

        try:
            return await self._giving.give(items, go_on, tried, partial(self._tell_of_failure, turns))
        except SinkForgot as forgot:
            _log.error("sink_forgot", advice=f"it is given again what stands on its topics; {forgot}")
        for partition in list(self._ownership.shards):
            async for before in self._again.items(partition):
                if await self._giving.give(before, go_on) is None:
                    return None
        _log.warning("sink_has_it_again")
        return await self._giving.give(items, go_on)

    def _read(self, shard: Shard) -> _Turn[T]:
        """The next records of a partition. What cannot be read goes to the dead letters."""
        records = shard.waiting(self._settings.turn_records)
        given: list[Incoming] = []
        attempts = None
        if self._told is not None:
            by_message = self._giving.by_message
            attempts = Attempts(self._told.sink, by_message=by_message, partition=shard.partition, given=given)
        turn: _Turn[T] = _Turn(shard, len(records), given, [], [], attempts)
        for incoming in records:
            try:
                item = self._decode[incoming.topic](incoming.record.value, self._settings.record_bytes)
            except Malformed as malformed:
                turn.dead_letters.append(_dead_letter(shard, incoming, malformed.reason, str(malformed)))
                continue
            if item is not None:
                turn.given.append(incoming)
                turn.items.append(item)
        return turn


def _by_turn(turns: Sequence[_Turn[T]], answers: Sequence[Answer]) -> Iterator[tuple[_Turn[T], Sequence[Answer]]]:
    answered = iter(answers)
    for turn in turns:
        yield turn, list(islice(answered, len(turn.items)))


def _bury_refused(turn: _Turn[T], answers: Sequence[Answer]) -> None:
    """What a sink cannot take goes to the dead letters: it must not hold up the others."""
    for incoming, answer in zip(turn.given, answers, strict=True):
        if isinstance(answer, Refused):
            _log.error("sink_refused", reason=answer.reason, advice=answer.detail, partition=turn.shard.partition)
            turn.dead_letters.append(_dead_letter(turn.shard, incoming, answer.reason, answer.detail))


def _dead_letter(shard: Shard, incoming: Incoming, reason: str, detail: str) -> Output:
    return dead_letter(incoming, shard.partition, header_ms(incoming.record, RECEIVED_HEADER), reason, detail)
