"""A worker on a real broker, and all that producers and disks do to it: each committed order earns its gift, the rest is said."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from broker.wire.batches import NO_HEADERS, entry, sized, varint
from devtools.kafka import Kafka
from streams.topics import AGGREGATE_CHANGELOG, DEAD_LETTERS, GIFTS, POS_ORDERS
from tests.broker.made import ZSTD, batch
from tests.broker.real.reading import produce_bytes
from tests.command import tidemark
from tests.generate import write_definitions
from tests.oracle.examples import order, program, spend
from tests.services.worker_process import WorkerProcess
from tidemark import cli

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DEADLINE_SECONDS = 90.0
LARGE_BYTES = 17 * 2**20


def bought(order_id: str) -> bytes:
    """An order of now that earns one gift."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return json.dumps(order(order_id, now, ("a", 1, 100))).encode()


class Flow:
    """One partition of each topic; what stands on the broker's disk of them may be touched."""

    def __init__(self, kafka: Kafka, folder: Path, prefix: str) -> None:
        self.kafka = kafka
        # With a name in its group, so that who comes after one that was killed need not wait for its session's end.
        self.settings = {"brokers": kafka.bootstrap, "prefix": prefix, "partitions": "1", "group_instance_id": "one"}
        self.feed = prefix + POS_ORDERS
        self._folder = folder
        self._prefix = prefix
        self._workers: list[WorkerProcess] = []
        write_definitions(folder / "definitions", [program(1_000_000), spend()])
        for command in (("topics",), ("publish", str(folder / "definitions"))):
            ran = tidemark(*command, **self.settings)
            assert ran.returncode == 0, ran.stdout + ran.stderr

    def producer(self, **settings: object) -> Producer:
        return Producer(
            {"bootstrap.servers": self.kafka.bootstrap, "broker.address.family": "v4", "log_level": 0, "linger.ms": 0, **settings}
        )

    def send(self, *values: bytes, **settings: object) -> None:
        """By librdkafka, acknowledged."""
        producer = self.producer(**settings)
        for value in values:
            producer.produce(self.feed, value, b"ann")
        assert producer.flush(30) == 0

    def in_a_transaction(self, *values: bytes, commit: bool) -> None:
        producer = self.producer(**{"transactional.id": f"{self._prefix}{commit}"})
        producer.init_transactions(30)
        producer.begin_transaction()
        for value in values:
            producer.produce(self.feed, value, b"ann")
        producer.flush(30)
        (producer.commit_transaction if commit else producer.abort_transaction)(30)

    def flip(self, topic: str, at: Callable[[bytes], int]) -> None:
        """Changes a bit of a partition's segment where it stands on the broker's disk."""
        (segment,) = sorted((self.kafka.data / f"{self._prefix}{topic}-0").glob("*.log"))[:1]
        data = segment.read_bytes()
        place = at(data)
        with segment.open("r+b") as file:
            file.seek(place)
            file.write(bytes([data[place] ^ 1]))

    def worker(self) -> WorkerProcess:
        environment = {f"TIDEMARK_{name.upper()}": value for name, value in self.settings.items()}
        self._workers.append(WorkerProcess(cli.main, ["aggregate"], environment, self._folder / f"worker-{len(self._workers)}.log"))
        return self._workers[-1]

    def stop(self) -> None:
        for worker in self._workers:
            worker.kill()

    def values(self, topic: str) -> list[Any]:
        """All that stands on a topic."""
        consumer = Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": "tests", "broker.address.family": "v4"})
        place = TopicPartition(self._prefix + topic, 0, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=20)
        consumer.assign([place])
        found: list[Any] = []
        while len(found) < end:
            found += [json.loads(message.value()) for message in consumer.consume(end, 5) if message.error() is None]
        consumer.close()
        return found

    def wait_for(self, order_id: str, worker: WorkerProcess) -> None:
        """Until an order has earned its gift."""
        give_up_at = time.monotonic() + DEADLINE_SECONDS
        while order_id not in [grant["order_id"] for grant in self.values(GIFTS)]:
            assert worker.is_running(), worker.log.read_text()[-3000:]
            assert time.monotonic() < give_up_at, worker.log.read_text()[-3000:]
            time.sleep(0.1)


@pytest.fixture
def flow(kafka: Kafka, tmp_path: Path, prefix: str) -> Iterator[Flow]:
    made = Flow(kafka, tmp_path, prefix)
    yield made
    made.stop()


def test_nothing_that_is_sent_stops_it_and_only_what_is_committed_counts(flow: Flow) -> None:
    flow.send(bought("plain"))
    odd_header = varint(1) + sized(b"\xff\xfe") + sized(b"v")
    produce_bytes(flow.kafka.bootstrap, flow.feed, [batch([entry(b"ann", bought("odd-header"), odd_header)], flags=0)])
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        flow.send(*(bought(f"{codec}-{number}") for number in range(20)), **{"compression.type": codec, "linger.ms": 100})
    flow.in_a_transaction(bought("aborted"), commit=False)
    flow.in_a_transaction(bought("committed"), commit=True)
    large = json.dumps({"type": "purchase", "note": "x" * LARGE_BYTES}).encode()
    flow.send(large, **{"compression.type": "gzip", "message.max.bytes": 2 * LARGE_BYTES})
    bomb = batch([entry(b"ann", bytes(65 * 2**20), NO_HEADERS)], flags=0, codec=ZSTD)
    produce_bytes(flow.kafka.bootstrap, flow.feed, [bomb])
    flow.send(bought("damaged"))
    flow.flip(POS_ORDERS, lambda data: data.index(b'"damaged"'))
    flow.send(bought("behind-it"))

    first = flow.worker()
    flow.wait_for("behind-it", first)
    assert first.log.stat().st_size < 100_000
    flow.send(bought("last"))
    flow.wait_for("last", first)
    first.kill()
    again = flow.worker()
    flow.send(bought("after-a-restart"))
    flow.wait_for("after-a-restart", again)

    codecs = [f"{codec}-{number}" for codec in ("gzip", "snappy", "lz4", "zstd") for number in range(20)]
    expected = ["plain", "odd-header", *codecs, "committed", "behind-it", "last", "after-a-restart"]
    # The worker that was killed may have published a grant without having noted it: it then stands there twice.
    assert list(dict.fromkeys(grant["order_id"] for grant in flow.values(GIFTS))) == expected
    too_large, inflating, damaged = {letter["source"]: letter for letter in flow.values(DEAD_LETTERS)}.values()
    assert (too_large["reason"], too_large["truncated"], too_large["length"]) == ("too_large", True, len(large))
    assert inflating["reason"] == damaged["reason"] == "unreadable"
    assert "may inflate to" in inflating["detail"] and "damaged" in damaged["detail"]

    _, _, offset = too_large["source"].split("/")
    shown = tidemark("dead-letters", "show", too_large["source"], **flow.settings)
    assert f"the whole stands at offset {offset} of pos.orders, partition 0" in shown.stderr
    for letter in (too_large, inflating, damaged):
        refused = tidemark("dead-letters", "resend", letter["source"], **flow.settings)
        assert refused.returncode == 1 and "the whole stands at offset" in refused.stderr


def test_a_changelog_that_is_damaged_is_said_and_nothing_of_it_is_passed_over(flow: Flow) -> None:
    flow.send(bought("one"))
    worker = flow.worker()
    flow.wait_for("one", worker)
    worker.kill()
    flow.flip(AGGREGATE_CHANGELOG, lambda data: data.index(b"~head"))
    ended = flow.worker()
    assert ended.wait() == 1
    said = ended.log.read_text()
    assert "cannot be read" in said and "Nothing of a changelog is passed over: restore the partition" in said
