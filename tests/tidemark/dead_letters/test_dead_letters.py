"""Dead letters are listed, shown byte for byte, and sent again after a mend (spec 1.6), on a real Kafka."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from broker.client.cluster import Cluster
from broker.client.connection import BrokerUnavailable
from devtools.kafka import Kafka
from rules.times import epoch_ms
from sinks.topics.events import encode_dead_letter
from streams.routing import RECEIVED_HEADER, partition_of
from streams.topics import DEAD_LETTERS, GIFTS, ONLINE_ORDERS, POS_ORDERS
from tests.command import tidemark
from tests.oracle.examples import at, order, program, spend
from tests.services.worker_process import WorkerProcess
from tidemark import cli
from tidemark.commands.dead_letters import list_, resend, show
from tidemark.settings.settings import Settings
from tidemark.topic_check import create_missing

PARTITIONS = 3
RECEIVED_MS = 1_704_110_400_123
NOT_UTF_8 = b'{"note":"\xff"}'


@pytest.fixture
def settings(kafka: Kafka, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Topics of the test's own, which the commands find through the environment."""
    monkeypatch.setenv("TIDEMARK_BROKERS", kafka.bootstrap)
    monkeypatch.setenv("TIDEMARK_PREFIX", prefix)
    monkeypatch.setenv("TIDEMARK_PARTITIONS", str(PARTITIONS))
    made = Settings()
    create_missing(Cluster(made.connection()), made)
    return made


Put = Callable[..., None]


@pytest.fixture
def put(settings: Settings) -> Put:
    """Puts a dead letter onto the topic, as workers do."""
    producer = Producer({"bootstrap.servers": settings.brokers, "acks": "all"})

    def put(source: str, raw: bytes, reason: str = "invalid", detail: str = "total is 1", refused_ms: int = RECEIVED_MS) -> None:
        value = encode_dead_letter(reason, detail, source, RECEIVED_MS, None, raw)
        partition = int(source.split("/")[1])
        producer.produce(settings.prefix + DEAD_LETTERS, value, partition=partition, timestamp=refused_ms)
        assert producer.flush(30) == 0

    return put


def listed(capsys: pytest.CaptureFixture[str], **options: Any) -> list[dict[str, Any]]:
    capsys.readouterr()
    list_(json=True, **options)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def read(settings: Settings, topic: str, partition: int) -> list[Message]:
    """All that stands in a partition."""
    place = TopicPartition(settings.prefix + topic, partition, 0)
    consumer = Consumer({"bootstrap.servers": settings.brokers, "group.id": f"{settings.prefix}test", "enable.auto.commit": False})
    try:
        _, end = consumer.get_watermark_offsets(place, timeout=30)
        consumer.assign([place])
        return consumer.consume(end, timeout=30) if end else []
    finally:
        consumer.close()


@pytest.mark.kafka
def test_they_are_listed_once_each_newest_last(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    put("pos.orders/0/7", b"{", "undecodable", refused_ms=3_000)
    put("online.orders/2/1", NOT_UTF_8, refused_ms=1_000)
    put("online.orders/2/1", NOT_UTF_8, refused_ms=1_000)  # once more, after a crash
    put("pos.orders/1/4", b"{}", detail="x" * 500, refused_ms=2_000)
    rows = listed(capsys)
    assert [row["id"] for row in rows] == ["online.orders/2/1", "pos.orders/1/4", "pos.orders/0/7"]
    assert rows[0] == {
        "id": "online.orders/2/1",
        "reason": "invalid",
        "detail": "total is 1",
        "received_at": "2024-01-01T12:00:00.123000+00:00",
        "key": None,
        "bytes": len(NOT_UTF_8),
        "resent": False,
    }
    assert [row["id"] for row in listed(capsys, reason="undecodable")] == ["pos.orders/0/7"]
    assert [row["id"] for row in listed(capsys, limit=2)] == ["pos.orders/1/4", "pos.orders/0/7"]
    list_(limit=2)
    shown = capsys.readouterr()
    assert "the newest 2 of 3" in shown.err
    assert max(map(len, shown.out.splitlines())) < 200


@pytest.mark.kafka
def test_one_is_shown_with_the_bytes_that_came(put: Put, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for number, raw in enumerate((NOT_UTF_8, b'{"total":  1}', "{é".encode())):
        put(f"pos.orders/0/{number}", raw)
        assert show(f"pos.orders/0/{number}") == 0
        out, err = capfdbinary.readouterr()
        assert out == raw
        assert b"total is 1" in err
    assert show("pos.orders/0/99") == 1
    assert b"there is no dead letter 'pos.orders/0/99'" in capfdbinary.readouterr().err


@pytest.mark.kafka
def test_a_document_goes_back_to_its_feed_and_keeps_when_it_came(settings: Settings, put: Put) -> None:
    late = json.dumps(order("a", at(1), ("x", 1, 60))).encode()
    put("online.orders/2/9", late, "late")
    assert resend("online.orders/2/9") == 0
    (sent,) = read(settings, ONLINE_ORDERS, partition_of("ann", PARTITIONS))
    assert (sent.key(), sent.value(), sent.headers()) == (b"ann", late, [(RECEIVED_HEADER, b"%d" % RECEIVED_MS)])


@pytest.mark.kafka
def test_a_mended_document_is_sent_in_its_place(settings: Settings, put: Put, tmp_path: Path) -> None:
    put("pos.orders/1/0", b"{", "undecodable")
    mended = tmp_path / "mended.json"
    mended.write_bytes(json.dumps(order("a", at(1), ("x", 1, 60))).encode())
    assert resend("pos.orders/1/0", file=mended) == 0
    (sent,) = read(settings, POS_ORDERS, partition_of("ann", PARTITIONS))
    assert (sent.key(), sent.value()) == (b"ann", mended.read_bytes())


@pytest.mark.kafka
def test_none_is_sent_twice_by_accident(settings: Settings, put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    for offset in range(3):
        put(f"pos.orders/1/{offset}", b"{%d" % offset, "undecodable")
    put("pos.orders/1/2", b"{2", "undecodable")  # twice on the topic
    put("pos.orders/1/3", b"[]", "late")
    assert resend(reason="undecodable") == 0
    assert resend(all_=True) == 0
    assert resend("pos.orders/1/0") == 0
    # What names no member stays in the partition that it came from.
    assert [message.value() for message in read(settings, POS_ORDERS, 1)] == [b"{0", b"{1", b"{2", b"[]"]
    assert "was sent again before; --again" in capsys.readouterr().out
    assert all(row["resent"] for row in listed(capsys))
    assert resend("pos.orders/1/0", again=True) == 0
    assert len(read(settings, POS_ORDERS, 1)) == 5


@pytest.mark.kafka
def test_what_cannot_be_sent_again_is_said_and_the_rest_is_sent(
    settings: Settings, put: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    put("pos.orders/1/0", b"")
    put("no.feed/1/0", b"{}")
    put("pos.orders/1/1", b"{}")
    assert resend(all_=True) == 1
    assert len(read(settings, POS_ORDERS, 1)) == 1
    said = capsys.readouterr()
    assert "had no value; give a mended document with --file" in said.err
    assert "there is no feed 'no.feed'" in said.err
    assert "1 sent again" in said.out


@pytest.mark.parametrize("options", [{}, {"reason": "late", "all_": True}])
def test_one_way_of_choosing_is_needed(options: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        resend(**options)
    assert "give IDs, or --reason, or --all" in capsys.readouterr().err


def test_a_mended_file_is_for_one_id_and_not_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mended.json"
    file.write_bytes(b"\n")
    with pytest.raises(SystemExit, match="1"):
        resend("a", "b", file=file)
    assert "--file mends one document" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="1"):
        resend("a", file=file)
    assert "is empty" in capsys.readouterr().err


@pytest.mark.kafka
@pytest.mark.slow
def test_an_empty_topic_and_a_missing_one_are_told_apart(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    list_()
    assert f"no dead letters on {settings.prefix}dead-letters" in capsys.readouterr().err
    list_(reason="late")
    assert "no dead letters of reason late" in capsys.readouterr().err
    cluster, topic = Cluster(settings.connection()), settings.prefix + DEAD_LETTERS
    cluster.delete([topic])
    # A broker that is asked may know it for a while.
    until(lambda: not cluster.topics([topic]))
    with pytest.raises(BrokerUnavailable, match="dead-letters is not there: create it with `tidemark topics`"):
        list_()


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A worker of the test's own, with an activity that grants for each 100 spent."""
    for document in (program(1_000_000), spend()):
        (tmp_path / f"{document['code']}.json").write_text(json.dumps(document))
    found = {"brokers": settings.brokers, "prefix": settings.prefix, "partitions": str(settings.partitions)}
    ran = tidemark("publish", tmp_path, **found)
    assert ran.returncode == 0, ran.stderr
    process = WorkerProcess(cli.main, ["aggregate"], {}, tmp_path / "worker.log")
    yield
    process.signal(signal.SIGTERM)
    assert process.wait() == 0


def until(condition: Callable[[], Any]) -> Any:
    give_up_at = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < give_up_at, "it did not come"
        time.sleep(0.1)
    return found


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.usefixtures("worker")
def test_a_broken_order_counts_once_it_is_mended(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    wrong = order("a", now, ("x", 1, 250), total=251)
    producer = Producer({"bootstrap.servers": settings.brokers, "acks": "all"})
    producer.produce(settings.prefix + POS_ORDERS, json.dumps(wrong).encode(), key=b"ann")
    assert producer.flush(30) == 0
    (row,) = until(lambda: listed(capsys))
    assert row["reason"] == "invalid" and "the lines (250)" in row["detail"]
    received_ms = epoch_ms(datetime.fromisoformat(row["received_at"]))
    assert abs(received_ms - time.time() * 1000) < 60_000
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(wrong | {"total": 250}))
    assert resend(row["id"], file=mended) == 0
    partition = partition_of("ann", PARTITIONS)
    grants = until(lambda: read(settings, GIFTS, partition))
    assert [json.loads(grant.value() or b"")["ordinal"] for grant in grants] == [1, 2]
    assert len(listed(capsys)) == 1
