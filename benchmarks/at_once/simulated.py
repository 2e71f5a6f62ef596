"""The same beside orders, without a broker: python -m benchmarks.at_once.simulated [section…] [--away 8] [--slow 1]

The worker's own aggregation, reader, committer and producer by a clock of CPU time (cpu_clock.py), and in the place of a broker one core
that takes so long for each request, batch and byte, as an answer does on its way. So no other work on the machine is in it, as it is in
what is measured on a real broker; and what a real one does beside is not.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
import zoneinfo
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from agents import aggregate
from agents.aggregate import Aggregation
from agents.ownership.ownership import Ownership
from agents.turns import committer as committers
from agents.turns.committer import Committer, no_probe
from agents.turns.shard import Shard
from agents.turns.watermark import BrokerTime
from benchmarks.at_once.alone import INSTANT, SCENARIOS, ready, rulebook_of
from benchmarks.at_once.cpu_clock import CpuClockLoop
from benchmarks.at_once.scenario import PREFIX, Scenario, member_of
from benchmarks.at_once.zone import write_zone
from benchmarks.feed import partition_of
from benchmarks.load import Document, Shape, documents
from benchmarks.topics import PARTITIONS, decode_grant
from broker.client import produce
from broker.client.client import Client
from broker.client.fetch import Fetched, Fetcher
from broker.client.produce import Identity, Producer
from broker.wire.batches import NO_HEADERS, build, entry
from broker.wire.frames import LeanProduce, Produced
from broker.wire.parse import parse
from broker.wire.records import Record
from rules.times import epoch_ms
from streams.consumer.reader import Reader
from streams.consumer.turn_consumer import Arrived
from streams.definitions import Definitions
from streams.topics import GIFTS
from tidemark.settings.settings import Settings

RATE = 1_000
BEFORE_SECONDS = 5.0
WARM_SECONDS = 1.0
AFTER_SECONDS = 3.0
# A broker's core: for a request, for each batch in it, and for a MB, the network and the disk's cache among it.
_REQUEST_SECONDS = 0.001
_BATCH_SECONDS = 0.00012
_MEGABYTE_SECONDS = 0.01
_GIFT_RECORDS_AT = 57
_MOST_HANDED = 2
_NO_END = 2**63 - 1
_TICK_SECONDS = 0.002


class Broker:
    """What the worker's clients ask of a broker: to append batches, and for what stands on the feeds."""

    def __init__(self, loop: CpuClockLoop, orders: Sequence[Document], away_seconds: float, slow: float, told_on: str) -> None:
        self._loop = loop
        self._orders = orders
        self._away = away_seconds
        self._slow = slow
        self._told_on = told_on
        self._free_at = 0.0
        self.began = 0.0
        self._appended: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._ticks: dict[tuple[str, int], list[tuple[int, bytes]]] = defaultdict(list)
        self._placed = 0
        self.requests: list[tuple[float, int, int]] = []
        # When an order was placed and its gift was acknowledged; and when it was told of how many of the many.
        self.sent: dict[str, float] = {}
        self.came: dict[str, float] = {}
        self.told: list[tuple[float, int]] = []
        self.cluster = self
        self.ends: dict[tuple[str, int], int] = {}
        self.client = self

    # As a cluster's metadata.
    def leader_for_partition(self, _: object) -> int:
        return 0

    def add_topic(self, _: str) -> None: ...

    def force_metadata_update(self) -> None: ...

    async def send(self, _: int, request: Any) -> Produced:
        """A Produce request, answered once it was its turn."""
        with self._loop.elsewhere():
            request = cast("LeanProduce", request)
            topics = cast("Any", request)._topics
            batches = [(topic, *each) for topic, listed in topics for each in listed]
            size = sum(len(data) for *_, data in batches)
        prepared = request.prepare({0: (0, 99)})
        prepared.encode()
        done_at = self._serve(len(batches), size)
        await asyncio.sleep(done_at - self._loop.time())
        with self._loop.elsewhere():
            now, found = self._loop.time(), []
            self.requests.append((now, len(batches), size))
            for topic, partition, data in batches:
                place, count = (topic, partition), int.from_bytes(data[_GIFT_RECORDS_AT : _GIFT_RECORDS_AT + 4], "big")
                found.append((topic, [(partition, 0, self._appended[place], -1, 0)]))
                self._appended[place] += count
                self._look(topic, data, now)
        return Produced(found)

    def _serve(self, batches: int, size: int) -> float:
        now = self._loop.time()
        takes = _REQUEST_SECONDS + batches * _BATCH_SECONDS + size / 1e6 * _MEGABYTE_SECONDS
        self._free_at = max(now, self._free_at) + takes * self._slow
        return self._free_at + self._away

    def _look(self, topic: str, data: bytes, now: float) -> None:
        if topic not in (GIFTS, self._told_on):
            return
        many = 0
        for record in parse(data, 0, _NO_END).records:
            value = record.value or b""
            if PREFIX.encode() in value:
                many += topic == self._told_on
            elif topic == GIFTS:
                order_id = decode_grant(value).order_id
                if order_id is not None:
                    self.came.setdefault(order_id, now)
        if many:
            self.told.append((now, many))

    # As a fetcher.
    async def fetch(self, _: int, positions: Mapping[tuple[str, int], int], wait_ms: int) -> list[Fetched]:
        """What stands on the feeds after these positions, once something does."""
        give_up_at = self._loop.time() + wait_ms / 1000
        while not (waiting := self._waiting(positions)) and self._loop.time() < give_up_at:  # noqa: ASYNC110 (nobody could tell)
            await asyncio.sleep(_TICK_SECONDS)
        await asyncio.sleep(self._serve(0, 0) - self._loop.time() - self._away / 2)
        found = []
        for (topic, partition), batches in waiting.items():
            first = positions[topic, partition]
            records: list[Record] = []
            for offset, data in batches:
                records += parse(offset.to_bytes(8, "big") + data[8:], offset, _NO_END).records
            end = first + len(records)
            self.ends[topic, partition] = end
            found.append(Fetched(topic, partition, first, records, end, end))
        for place, position in positions.items():
            self.ends.setdefault(place, position)
        return found

    def _waiting(self, positions: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], list[tuple[int, bytes]]]:
        with self._loop.elsewhere():
            self._place_orders()
            return {
                place: new for place, at in positions.items() if (new := [each for each in self._ticks[place] if each[0] >= at])
            }

    def _place_orders(self) -> None:
        """Those that are due by now, in a batch for each partition."""
        now = self._loop.time()
        due = min(len(self._orders), int((now - self.began) * RATE))
        batches: defaultdict[tuple[str, int], list[Document]] = defaultdict(list)
        for number in range(self._placed, due):
            order = self._orders[number]
            batches[f"{order.feed}.orders", partition_of(order.member_id)].append(order)
            self.sent[order.order_id] = self.began + number / RATE
        self._placed = due
        for place, listed in batches.items():
            ticks = self._ticks[place]
            end = ticks[-1][0] + int.from_bytes(ticks[-1][1][57:61], "big") if ticks else 0
            records = [entry(each.member_id.encode(), each.value, NO_HEADERS) for each in listed]
            ticks.append((end, build(records, self.now_ms()).data))

    def now_ms(self) -> int:
        """The broker's time: the instant is BEFORE_SECONDS after the orders began."""
        return epoch_ms(INSTANT) + int(1000 * (self._loop.time() - self.began - BEFORE_SECONDS))


class _Ownership:
    """All partitions are ours, for good."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self.shards = {shard.partition: shard for shard in shards}
        self.turn = asyncio.Lock()
        self.leaving = False

    def arrive(self, arrived: Arrived) -> list[Shard]:
        """Those to which something came."""
        parts: defaultdict[int, list[tuple[str, Fetched]]] = defaultdict(list)
        for part in arrived.parts:
            parts[part.partition].append((part.topic, part))
        for partition, listed in parts.items():
            self.shards[partition].arrive(listed)
        return [self.shards[partition] for partition in parts]

    def go_on(self, _: Shard) -> None: ...

    def hold_up(self, _: Shard) -> None: ...

    def wait_for_keepers(self, _: Shard) -> None: ...


class _Definitions:
    """They do not change."""

    def __init__(self, rulebook: Any) -> None:
        self.rulebook = rulebook

    async def fresh(self, _: float) -> None: ...


class _Clock:
    """What the worker's modules ask for the time."""

    def __init__(self, loop: CpuClockLoop, broker: Broker) -> None:
        self.monotonic = self.perf_counter = loop.time
        self._broker = broker

    def time(self) -> float:
        return self._broker.now_ms() / 1000


class _Feeds:
    """Between the reader and the agent: a few fetches wait at most."""

    def __init__(self) -> None:
        self._handed: asyncio.Queue[Arrived] = asyncio.Queue()
        self._under_way = 0
        self._taken = asyncio.Event()

    async def room(self) -> None:
        while self._under_way >= _MOST_HANDED:
            self._taken.clear()
            await self._taken.wait()

    async def hand(self, parts: list[Fetched]) -> None:
        self._under_way += 1
        self._handed.put_nowait(Arrived(1, parts))

    def took(self) -> None:
        self._under_way -= 1
        self._taken.set()

    async def stream(self) -> AsyncIterator[Arrived]:
        while True:
            yield await self._handed.get()


async def _tell_nobody(_: Mapping[tuple[str, int], int]) -> None: ...


async def _work(
    loop: CpuClockLoop, broker: Broker, shards: Sequence[Shard], rulebook: Any, settings: Settings, members: int
) -> None:
    """Until all was told, and a while longer."""
    producer = Producer(cast("Client", broker), 1e9)
    committer = Committer(producer, Identity(1, 0), "", settings.publish_bytes, 1.0, _tell_nobody, None, no_probe)
    feeds = _Feeds()
    aggregation = Aggregation(
        cast("Ownership", _Ownership(shards)),
        committer,
        cast("Definitions", _Definitions(rulebook)),
        settings.folding(),
        feeds.took,
        lambda topic, partition: None,
        BrokerTime(loop.time),
    )
    pauses = settings.fetch_pause_ms / 1000, settings.most_fetch_pause_ms / 1000
    reader = Reader(cast("Fetcher", broker), *pauses, feeds.room, feeds.hand)
    reader.open({(f"{feed}.orders", shard.partition): 0 for feed in ("pos", "online") for shard in shards})
    parts = (
        committer.run(),
        aggregation.run(feeds.stream()),
        aggregation.sweep(),
        aggregation.fold_left(),
        reader.run(lambda: False),
    )
    broker.began = loop.time()
    tasks = [asyncio.ensure_future(part) for part in parts]
    until = None
    while until is None or loop.time() < until:
        for task in tasks:
            if task.done():
                task.result()
        if until is None and sum(number for _, number in broker.told) >= members:
            until = loop.time() + AFTER_SECONDS
        await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def work(scenario: Scenario, members: int, away_seconds: float, slow: float, orders: Sequence[Document]) -> Broker:
    """What the broker saw."""
    settings = Settings(partitions=PARTITIONS)
    rulebook = rulebook_of(scenario, settings.keep_orders_ms())
    by_partition: defaultdict[int, list[str]] = defaultdict(list)
    for number in range(members):
        by_partition[partition_of(member_of(number))].append(member_of(number))
    shards = [ready(scenario, rulebook, settings, partition, by_partition[partition]) for partition in range(PARTITIONS)]
    loop = CpuClockLoop()
    broker = Broker(loop, orders, away_seconds, slow, scenario.told_on)
    for module in (aggregate, committers, produce):
        module.time = _Clock(loop, broker)  # type: ignore[attr-defined]
    try:
        loop.run_until_complete(_work(loop, broker, shards, rulebook, settings, members))
    finally:
        for module in (aggregate, committers, produce):
            module.time = time  # type: ignore[attr-defined]
        loop.close()
    return broker


def _row(scenario: Scenario, broker: Broker) -> str:
    instant = broker.began + BEFORE_SECONDS
    done = max(at for at, _ in broker.told)
    took = done - instant
    before, meanwhile = _percentiles(broker, broker.began + WARM_SECONDS, instant), _percentiles(broker, instant, done)
    requests = [each for each in broker.requests if instant <= each[0] < done]
    batches, megabytes = sum(each[1] for each in requests), sum(each[2] for each in requests) / 1e6
    sent = f"{len(requests) / took:,.0f}/{batches / took:,.0f}/{megabytes / took:.1f}"
    rate = sum(many for _, many in broker.told) / took
    return f"{scenario.name:40} {rate:>10,.0f} {before:>12} {meanwhile:>12} {sent:>24}"


def _percentiles(broker: Broker, begin: float, end: float) -> str:
    """p50/p99 in ms of the orders that were sent between two times and have a gift."""
    took = sorted(1000 * (came - sent) for id_, came in broker.came.items() if begin <= (sent := broker.sent[id_]) < end)
    return f"{took[len(took) // 2]:.0f}/{took[len(took) * 99 // 100]:.0f}" if took else "-"


def main() -> None:
    """Prints members a second, and p50/p99 of orders before and meanwhile, by section."""
    parser = argparse.ArgumentParser(description="what is due of many at one instant beside orders, by a clock of CPU time")
    parser.add_argument("sections", nargs="*", metavar="section", help=f"of {', '.join(SCENARIOS)}; none: all")
    parser.add_argument("--members", type=int, default=16_000)
    parser.add_argument("--away", type=float, default=8.0, help="ms that a broker's answer is on its way")
    parser.add_argument("--slow", type=float, default=1.0, help="how many times as long a broker's core takes")
    asked = parser.parse_args()
    gc.freeze()
    gc.disable()
    load = documents(Shape(INSTANT + timedelta(minutes=1), duplicates=0, refunds=0), RATE * 30)
    print(f"{'':40} {'members/s':>10} {'before, ms':>12} {'meanwhile':>12} {'requests/batches/MB a s':>24}")
    with tempfile.TemporaryDirectory() as folder:
        zoneinfo.reset_tzpath(write_zone(Path(folder), INSTANT)["PYTHONTZPATH"].split(":"))
        for name in asked.sections or SCENARIOS:
            broker = work(SCENARIOS[name], asked.members, asked.away / 1000, asked.slow, load)
            print(_row(SCENARIOS[name], broker), flush=True)


if __name__ == "__main__":
    main()
