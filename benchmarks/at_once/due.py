"""Many members with something due at one instant, while orders go on: how long it takes, and what the orders notice of it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

from confluent_kafka import Consumer, TopicPartition

from benchmarks.bench import Bench
from benchmarks.canaries import await_ready
from benchmarks.engines import TIDEMARK
from benchmarks.feed import bulk_producer, partition_of
from benchmarks.figures import Table
from benchmarks.flow import Flow, run_flow
from benchmarks.load import Shape
from benchmarks.places import BUILD
from benchmarks.process_figures import cpu_seconds
from benchmarks.sections import Result
from benchmarks.topics import PARTITIONS, GiftReader, delete_all
from benchmarks.worker import Worker, running

MEMBERS = 1_000_000
QUICK_MEMBERS = 50_000
RATE = 1_000
# The orders flow so long before that instant, and after it.
BEFORE_SECONDS = 20
AFTER_SECONDS = 60
QUICK_AFTER_SECONDS = 15
# Not counted: the first orders after a start.
WARM_SECONDS = 5
LATE = timedelta(days=35)
# Folding a million refunds takes the worker that long, at most.
FOLD_SECONDS = 240
# And giving them all up, on a machine that has other things to do.
GIVE_UP_SECONDS = 300
_BATCH = 50_000
_WAIT_SECONDS = 0.5
_TIMEOUT_SECONDS = 10.0


def due(bench: Bench) -> Result:
    """Refunds that wait for orders which never come, all given up at one instant, beside orders at a steady pace."""
    members = QUICK_MEMBERS if bench.quick else MEMBERS
    after_seconds = QUICK_AFTER_SECONDS if bench.quick else AFTER_SECONDS
    prefix = bench.fresh_prefix()
    TIDEMARK.prepare(bench.brokers, prefix)
    documents = bench.load(Shape(bench.until, duplicates=0, refunds=0), RATE * (BEFORE_SECONDS + after_seconds))
    reader = GiftReader(bench.brokers, prefix)
    try:
        with running(TIDEMARK.command(), TIDEMARK.environment(bench.brokers, prefix), BUILD / f"{prefix}log") as worker:
            await_ready(worker, bulk_producer(bench.brokers), reader, prefix, bench.until)
            due_at = datetime.now(UTC) + timedelta(seconds=FOLD_SECONDS * members / MEMBERS + BEFORE_SECONDS)
            _put_waiting(bench.brokers, prefix, members, due_at - LATE)
            _await_folded(bench.brokers, prefix, members, worker)
            idle = due_at.timestamp() - BEFORE_SECONDS - time.time()
            if idle < 0:
                raise RuntimeError(f"folding {members:,} refunds took {-idle:.0f} s longer than was thought")
            time.sleep(idle)
            instant = time.perf_counter() + due_at.timestamp() - time.time()
            used = cpu_seconds(worker.pid)
            flow = run_flow(bench.brokers, prefix, documents, RATE)
            last = _all_given_up(bench.brokers, prefix, members, worker)
            used = cpu_seconds(worker.pid) - used
    finally:
        reader.close()
        delete_all(bench.brokers, prefix)
    took = last - due_at.timestamp()
    before, during, later = _percentiles(flow, instant, instant + took)
    columns = [
        "due at one instant",
        "all fired after, s",
        "members/s",
        "worker's CPU with the orders, s",
        "p50/p99 before, ms",
        "p50/p99 while they fire",
        "and after",
    ]
    row = [f"{members:,}", f"{took:.1f}", f"{members / took:,.0f}", f"{used:.1f}", before, during, later]
    return Result([Table(f"Many due at one instant, beside {RATE:,} orders/s", columns, [row])])


def _put_waiting(brokers: str, prefix: str, members: int, received: datetime) -> None:
    """A refund of an order that never comes, for each of as many members."""
    producer = bulk_producer(brokers)
    at = received.isoformat()
    for start in range(0, members, _BATCH):
        messages = []
        for number in range(start, min(members, start + _BATCH)):
            member_id = f"waiting-{number}"
            document = {
                "type": "refund",
                "refund_id": f"r{number}",
                "order_id": "never",
                "channel": "pos",
                "store_id": "shop-1",
                "member_id": member_id,
                "refunded_at": at,
                "received_at": at,
                "currency": "GBP",
                "lines": [{"sku": "x", "quantity": 1, "amount": 1}],
                "total": 1,
            }
            messages.append({"key": member_id, "value": json.dumps(document).encode(), "partition": partition_of(member_id)})
        producer.produce_batch(f"{prefix}pos.orders", messages)
        producer.flush(_TIMEOUT_SECONDS * 6)


def _await_folded(brokers: str, prefix: str, members: int, worker: Worker) -> None:
    """Waits until the group says that the worker is through with all of them."""
    group = Consumer({"bootstrap.servers": brokers, "group.id": f"{prefix}aggregate"})
    places = [TopicPartition(f"{prefix}pos.orders", partition) for partition in range(PARTITIONS)]
    while sum(max(0, each.offset) for each in group.committed(places, _TIMEOUT_SECONDS)) < members:
        worker.must_run()
        time.sleep(_WAIT_SECONDS)
    group.close()


def _all_given_up(brokers: str, prefix: str, members: int, worker: Worker) -> float:
    """Waits until there is a dead letter for each of so many members; when the last was written (epoch seconds)."""
    until = time.monotonic() + GIVE_UP_SECONDS
    while True:
        count, last = _given_up(brokers, prefix, worker)
        if count == members:
            return last
        if count > members or time.monotonic() > until:
            raise RuntimeError(f"{count:,} refunds were given up, of {members:,}")
        time.sleep(_WAIT_SECONDS)


def _given_up(brokers: str, prefix: str, worker: Worker) -> tuple[int, float]:
    """How many dead letters there are, and when the last was written (epoch seconds)."""
    worker.must_run()
    reader = Consumer({"bootstrap.servers": brokers, "group.id": f"{prefix}reader", "enable.auto.commit": False})
    count, last = 0, 0.0
    for partition in range(PARTITIONS):
        place = TopicPartition(f"{prefix}dead-letters", partition)
        _, end = reader.get_watermark_offsets(place, _TIMEOUT_SECONDS)
        count += end
        if end:
            reader.assign([TopicPartition(place.topic, partition, end - 1)])
            message = reader.poll(_TIMEOUT_SECONDS)
            if message is None or message.error():
                raise RuntimeError(f"the last dead letter of partition {partition} cannot be read")
            last = max(last, message.timestamp()[1] / 1000)
    reader.close()
    return count, last


def _percentiles(flow: Flow, begin: float, end: float) -> tuple[str, str, str]:
    """p50/p99 in ms of the orders sent before, between and after two times of time.perf_counter."""
    parts: tuple[list[float], list[float], list[float]] = ([], [], [])
    for sent, came in flow.gifts:
        if sent - flow.began >= WARM_SECONDS:
            parts[0 if sent < begin else 1 if sent < end else 2].append(1000 * (came - sent))
    said = []
    for part in parts:
        part.sort()
        said.append(f"{part[len(part) // 2]:.1f}/{part[len(part) * 99 // 100]:.1f}" if part else "-")
    return said[0], said[1], said[2]
