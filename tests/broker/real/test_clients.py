"""What the real clients write to a real broker, read by us: every codec, transactions, what nobody should send."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer

from broker.wire.batches import NO_HEADERS, entry, sized, varint
from broker.wire.records import UnreadableBatch
from devtools.kafka import Kafka
from tests.broker.made import ZSTD, batch
from tests.broker.real.reading import make_topic, produce_by_java, produce_bytes, read_to_end, wait_until_decided

pytestmark = pytest.mark.kafka

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
COUNT = 3_000


def producer(kafka: Kafka, **settings: object) -> Producer:
    return Producer(
        {"bootstrap.servers": kafka.bootstrap, "broker.address.family": "v4", "log_level": 0, "linger.ms": 50, **settings}
    )


@pytest.mark.slow
def test_what_javas_producer_writes(kafka: Kafka, prefix: str) -> None:
    topic = f"{prefix}java"
    make_topic(kafka.bootstrap, topic)
    produce_by_java(kafka.bootstrap, topic, COUNT, CODECS)
    records = read_to_end(kafka.bootstrap, topic)
    assert [record.value for record in records] == [f"{codec}-{number}".encode() for codec in CODECS for number in range(COUNT)]
    assert [record.offset for record in records] == list(range(COUNT * len(CODECS)))
    assert all((record.key, record.headers) == (b"k", [("größe", b"\xff")]) for record in records)


def test_what_librdkafka_writes(kafka: Kafka, prefix: str) -> None:
    topic = f"{prefix}librdkafka"
    make_topic(kafka.bootstrap, topic)
    values = []
    for codec in CODECS:
        writing = producer(kafka, **{"compression.type": codec})
        for number in range(COUNT):
            values.append(f"{codec}-{number}".encode() * (1 + number % 9))
            writing.produce(topic, values[-1], b"k", headers={"größe": b"\xff", "none": None})
        assert writing.flush(30) == 0
    records = read_to_end(kafka.bootstrap, topic)
    assert [record.value for record in records] == values
    assert all(record.headers == [("größe", b"\xff"), ("none", None)] for record in records)


def test_only_what_is_committed(kafka: Kafka, prefix: str) -> None:
    topic = f"{prefix}transactions"
    make_topic(kafka.bootstrap, topic)
    plain = producer(kafka)
    expected = []
    for number in range(4):
        for codec in ("none", "zstd"):
            writing = producer(kafka, **{"transactional.id": f"{prefix}{codec}", "compression.type": codec})
            writing.init_transactions(30)
            writing.begin_transaction()
            values = [f"{number}-{codec}-{place}".encode() for place in range(300)]
            for value in values:
                writing.produce(topic, value)
            writing.flush(30)
            # Among them, of nobody's transaction.
            expected.append(f"plain-{number}-{codec}".encode())
            plain.produce(topic, expected[-1])
            plain.flush(30)
            if number % 2:
                writing.commit_transaction(30)
                expected[-1:-1] = values
            else:
                writing.abort_transaction(30)
    wait_until_decided(kafka.bootstrap, topic)
    assert [record.value for record in read_to_end(kafka.bootstrap, topic)] == expected
    still_open = producer(kafka, **{"transactional.id": f"{prefix}open"})
    still_open.init_transactions(30)
    still_open.begin_transaction()
    still_open.produce(topic, b"of a transaction that is open")
    still_open.flush(30)
    plain.produce(topic, b"after it")
    plain.flush(30)
    assert [record.value for record in read_to_end(kafka.bootstrap, topic)] == expected
    still_open.abort_transaction(30)
    wait_until_decided(kafka.bootstrap, topic)
    assert [record.value for record in read_to_end(kafka.bootstrap, topic)] == [*expected, b"after it"]


def test_what_a_broker_takes_and_no_parser_should_trip_over(kafka: Kafka, prefix: str) -> None:
    topic = f"{prefix}odd"
    make_topic(kafka.bootstrap, topic)
    odd_header = entry(b"k", b"odd header", varint(1) + sized(b"\xff\xfe") + sized(b"v"))
    bomb = entry(b"k", bytes(65 * 2**20), NO_HEADERS)
    produce_bytes(kafka.bootstrap, topic, [batch([odd_header], flags=0), batch([bomb], flags=0, codec=ZSTD)])
    produce_bytes(kafka.bootstrap, topic, [batch([entry(b"k", b"good", NO_HEADERS)], flags=0)])
    odd, place, good = read_to_end(kafka.bootstrap, topic)
    assert (odd.value, odd.headers) == (b"odd header", [("\udcff\udcfe", b"v")])
    assert isinstance(place, UnreadableBatch) and "may inflate to" in place.why and place.first_offset == 1
    assert place.length < 100_000
    assert good.value == b"good"
