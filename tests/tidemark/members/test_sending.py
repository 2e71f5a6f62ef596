"""`tidemark claim` and `tidemark test-send` (spec 2.6, 2.9, 6): documents on `members`, and words that make none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import confluent_kafka
import pytest

from broker.embedded import PARTITIONS, EmbeddedBroker
from streams.routing import partition_of
from streams.topics import MEMBERS
from tests.oracle.examples import program, spend
from tests.standing import Standing


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with EmbeddedBroker() as broker:
        yield Standing(broker.servers, tmp_path_factory.mktemp("definitions"), [program(100), spend()], [])


def sent(servers: str) -> list[tuple[int, bytes | None, dict[str, Any]]]:
    """Of every partition of `members`: the partition, the key, and what it says."""
    found = []
    consumer = confluent_kafka.Consumer({"bootstrap.servers": servers, "group.id": "t", "log_level": 0})
    for partition in range(PARTITIONS):
        place = confluent_kafka.TopicPartition(f"tidemark.{MEMBERS}", partition, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=20)
        consumer.assign([place])
        for _ in range(end):
            record = consumer.poll(20)
            assert record is not None and record.error() is None
            found.append((partition, record.key(), json.loads(record.value() or b"")))
    consumer.close()
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "members", "said"),
    [
        (["claim", "spend/ann/1", "--member", "ann"], ["ann"], "sent: a claim of all that can be claimed of spend/ann/1"),
        (["claim", "spend/ann/1", "--gift", "2", "--member", "ann"], ["ann"], "sent: a claim of gift 2 of spend/ann/1"),
        (["test-send", "spend", "--member", "ann", "bob", "ann", "--test-id", "t"], ["ann", "bob"], "sent: test t of spend to 2"),
    ],
)
def test_what_is_sent_is_said_and_with_json_is_what_was_sent(
    standing: Standing, words: list[str], members: list[str], said: str
) -> None:
    assert said in standing.said(*words)
    before = sent(standing.servers)
    told = [json.loads(line) for line in standing.said(*words, "--json").splitlines()]
    assert [each["member_id"] for each in told] == members
    added = [each for each in sent(standing.servers) if each not in before]
    assert [document for _, _, document in sorted(added, key=lambda each: str(each[1]))] == told
    assert all(
        (partition, key) == (partition_of(id_ := document["member_id"], PARTITIONS), id_.encode())
        for partition, key, document in added
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["claim", "spend/ann/1", "--member", ""], "nothing was sent: /member_id: expected text of 1 to 256 characters"),
        (["claim", "", "--member", "ann"], "nothing was sent: /grant_id: expected"),
        (["test-send", "spend", "--member", "ann", "m" * 257], "nothing was sent: /member_id: expected"),
        (["test-send", "", "--member", "ann"], "nothing was sent: /activity: expected"),
    ],
)
def test_what_would_be_refused_is_not_sent(standing: Standing, words: list[str], said: str) -> None:
    before = sent(standing.servers)
    ran = standing.run(*words)
    assert ran.returncode == 1 and said in ran.stderr and "Traceback" not in ran.stderr
    assert sent(standing.servers) == before
