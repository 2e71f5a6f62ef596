"""A topic of a real broker, read by our own fetcher."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from pathlib import Path

from aiokafka.errors import KafkaError
from confluent_kafka.admin import NewTopic

from broker.client.client import open_client
from broker.client.cluster import Cluster
from broker.client.connection import Connection
from broker.client.fetch import Fetcher
from broker.client.offsets import LATEST, leaders, offsets
from broker.client.produce import Producer, Write, settled
from broker.wire.records import Record
from devtools.kafka import JARS

_SOURCE = Path(__file__).with_name("Produce.java")


def make_topic(bootstrap: str, topic: str) -> None:
    """Of one partition, with what the feeds have."""
    cluster = Cluster(Connection(bootstrap))
    config = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(8 * 2**20)}
    cluster.create([NewTopic(topic, 1, 1, config=config)])
    cluster.wait_for([topic])


def produce_by_java(bootstrap: str, topic: str, count: int, codecs: Sequence[str]) -> None:
    """So many records by each codec, by Java's own client, from its source."""
    command = [
        "java",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        f"{JARS}/*",
        str(_SOURCE),
        bootstrap,
        topic,
        str(count),
        *codecs,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def produce_bytes(bootstrap: str, topic: str, batches: Sequence[bytes]) -> None:
    """Record batches, byte for byte, as they are."""

    async def run() -> None:
        client = await open_client(Connection(bootstrap), "tests")
        await settled(client, [topic])
        for data in batches:
            await Producer(client, 10.0).send([Write(topic, 0, data, 1)])
        await client.close()

    asyncio.run(run())


def wait_until_decided(bootstrap: str, topic: str) -> None:
    """Waits until no transaction is open on a topic: a producer is told of an end before its markers are appended."""

    async def run() -> None:
        client = await open_client(Connection(bootstrap), "tests")
        await settled(client, [topic])
        place = (topic, 0)
        async with asyncio.timeout(60):
            ends = [0, 1]
            while ends[0] != ends[1]:
                await asyncio.sleep(0.05)
                ends = [(await offsets(client, [place], LATEST, committed=committed))[place] for committed in (True, False)]
        await client.close()

    asyncio.run(run())


def read_to_end(bootstrap: str, topic: str) -> list[Record]:
    """All that is committed now; over many fetches."""

    async def run() -> list[Record]:
        client = await open_client(Connection(bootstrap), "tests")
        await settled(client, [topic])
        fetcher = Fetcher(client, 64 * 1024, 32 * 1024, gapless=True)
        place = (topic, 0)
        found: list[Record] = []
        position = 0
        end = (await offsets(client, [place], LATEST))[place]
        async with asyncio.timeout(60):
            while position < end:
                try:
                    (node,) = leaders(client, [place])
                    parts = await fetcher.fetch(node, {place: position}, 100)
                except KafkaError:
                    await asyncio.sleep(0.1)
                    continue
                for part in parts:
                    found += part.records
                    position = part.next_offset
        await client.close()
        return found

    return asyncio.run(run())
