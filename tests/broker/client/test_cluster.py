"""What a cluster is asked for while it is on its way."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from broker.client import cluster
from broker.client.cluster import Cluster
from broker.client.connection import BrokerUnavailable, Connection

TOPIC = "gifts"


class Admin:
    """Knows of the topic, and says what its leader says: errors first, one an ask."""

    def __init__(self, *errors: int) -> None:
        self._errors = list(errors)

    def list_topics(self, timeout: float) -> Any:
        return SimpleNamespace(topics={TOPIC: SimpleNamespace(partitions=[0])})

    def list_offsets(self, ends: Any, request_timeout: float) -> dict[Any, Future[Any]]:
        asked: Future[Any] = Future()
        if self._errors:
            asked.set_exception(KafkaException(KafkaError(self._errors.pop(0))))
        else:
            asked.set_result(0)
        return dict.fromkeys(ends, asked)

    def describe_consumer_groups(self, groups: list[str], request_timeout: float) -> dict[str, Future[Any]]:
        asked: Future[Any] = Future()
        if self._errors:
            asked.set_exception(KafkaException(KafkaError(self._errors.pop(0), "ConsumerGroupDescribe: ")))
        else:
            asked.set_result(SimpleNamespace(members=[1, 2]))
        return dict.fromkeys(groups, asked)


async def _answers(connection: Connection) -> None:
    """Somebody is there."""


def one_with(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr(cluster, "first_to_answer", _answers)
    monkeypatch.setattr(cluster, "AdminClient", lambda *_, **__: admin)
    monkeypatch.setattr(cluster, "_AGAIN_SECONDS", 0)
    return Cluster(Connection("127.0.0.1:1"))


@pytest.mark.parametrize(
    "passing",
    [
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError._NOENT,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
    ],
)
def test_a_leader_that_has_not_taken_a_topic_up_yet_is_asked_again(passing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    one_with(Admin(passing, passing), monkeypatch).wait_for([TOPIC])


def test_what_does_not_pass_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokerUnavailable, match="refused"):
        one_with(Admin(KafkaError.TOPIC_AUTHORIZATION_FAILED), monkeypatch).wait_for([TOPIC])


@pytest.mark.parametrize(
    "passing", [KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.NOT_COORDINATOR]
)
def test_a_coordinator_that_is_on_its_way_is_asked_again(passing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert one_with(Admin(passing, passing), monkeypatch).group_members("aggregate") == 2


def test_an_error_without_words_is_said_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokerUnavailable, match=r"refused: ConsumerGroupDescribe \(GROUP_AUTHORIZATION_FAILED\)"):
        one_with(Admin(KafkaError.GROUP_AUTHORIZATION_FAILED), monkeypatch).group_members("aggregate")
