"""`tidemark announce`: a program's members are told its rules and benefits when it is asked for (spec 3.11)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import confluent_kafka
import pytest

from broker.embedded import PARTITIONS, EmbeddedBroker
from streams.routing import partition_of
from streams.topics import NOTIFICATIONS
from tests.agents.test_messages import ANN, CENTRE, PROGRAM
from tests.oracle.examples import order
from tests.standing import Standing

AT = "2022-06-01T10:00:00+00:00"
MEMBERS = [
    # Known by an order first: he was not told as he was registered.
    order("o1", "2022-01-01T10:00:00+00:00", ("x", 1, 100)),
    ANN | {"registered_at": "2022-01-02T00:00:00+00:00"},
    order("o2", "2022-01-02T10:00:00+00:00", ("x", 1, 100), member_id="bob"),
    ANN | {"member_id": "bob", "registered_at": "2022-01-02T11:00:00+00:00", "consents": {"sms": False}},
    order("o3", "2022-01-02T12:00:00+00:00", ("x", 1, 5), member_id="cid"),
    {"type": "member", "member_id": "cid", "registered_at": "2022-01-02T13:00:00+00:00", "consents": {"email": True}},
]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with EmbeddedBroker() as broker:
        yield Standing(broker.servers, tmp_path_factory.mktemp("definitions"), [PROGRAM, CENTRE], MEMBERS)


def records_of(servers: str, topic: str) -> list[tuple[int, dict[str, bytes], dict[str, Any]]]:
    """Of every partition, to its end: where it stands, its headers, and what it says."""
    found = []
    consumer = confluent_kafka.Consumer({"bootstrap.servers": servers, "group.id": "t", "log_level": 0})
    for partition in range(PARTITIONS):
        place = confluent_kafka.TopicPartition(f"tidemark.{topic}", partition, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=20)
        consumer.assign([place])
        for _ in range(end):
            record = consumer.poll(20)
            assert record is not None and record.error() is None
            found.append((partition, dict(record.headers() or []), json.loads(record.value() or b"")))
    consumer.close()
    return found


@pytest.mark.slow
def test_who_said_yes_is_told_once_in_his_partition_and_again_with_the_same_ids(standing: Standing) -> None:
    servers = standing.servers
    before = len(records_of(servers, NOTIFICATIONS))
    said = standing.said("announce", "club", "--at", AT)
    assert f"go on with --at {AT}" in said and "told: 2 members of club, by 5 messages" in said
    added = records_of(servers, NOTIFICATIONS)
    told = [(partition, headers, each) for partition, headers, each in added if each["at"] == AT]
    assert len(told) == len(added) - before == 5
    assert all(partition == partition_of(each["member_id"], PARTITIONS) for partition, _, each in told)
    assert {(each["member_id"], each["channel"], each["level"]) for _, _, each in told} == {
        ("ann", "sms", "silver"),
        ("ann", "mini_program", "silver"),
        ("ann", "email", "silver"),
        ("cid", "email", None),
    }
    assert all(headers["ce_type"] == b"tidemark.notification.due" for _, headers, _ in told)
    assert f"{PARTITIONS} of {PARTITIONS} partitions" in standing.run("announce", "club", "--at", AT).stderr
    ids = [headers["ce_id"] for _, headers, each in records_of(servers, NOTIFICATIONS) if each["at"] == AT]
    assert len(ids) == 10 and len(set(ids)) == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nope"], "there is no program 'nope'"), (["club", "--at", "2022-06-01T10:00:00"], "expected a time with an offset")],
)
def test_what_cannot_be_announced_is_said(standing: Standing, arguments: list[str], said: str) -> None:
    ran = standing.run("announce", *arguments)
    assert ran.returncode == 1 and said in ran.stderr and "Traceback" not in ran.stderr
    assert ran.stdout == ""
