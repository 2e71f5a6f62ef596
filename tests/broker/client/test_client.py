"""A broker that hangs is one of several: the others are asked beside it, and what is said names each with its reason."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, RequestTimedOutError, SaslAuthenticationFailed
from aiokafka.protocol.group import JoinGroupRequest
from aiokafka.structs import TopicPartition

from broker.client.client import Client, open_client
from broker.client.connection import BrokerUnavailable, Connection
from broker.client.first_to_answer import first_to_answer
from tests.broker.client.fake_client import in_a_loop

THREE = "a:1,b:2,c:3"
NODES = {1: "a", 2: "b", 3: "c"}
TOPIC = "pos.orders"


class Brokers:
    """What `create_conn` connects to: brokers by host, of which some hang, refuse or are down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hung: set[str] = set()
        self.raising: dict[str, Exception] = {}
        # How often one lets somebody in before it raises once.
        self.raising_after: dict[str, int] = {}
        self.asked: list[str] = []
        self.silent_to: set[type] = set()
        # The leader of partition 0 and its epoch, as a broker has it.
        self.tells: dict[str, tuple[int, int]] = {}
        monkeypatch.setattr("broker.client.client.create_conn", self._connect)
        monkeypatch.setattr("broker.client.first_to_answer.create_conn", self._connect)
        monkeypatch.setattr("aiokafka.client.create_conn", self._connect)

    async def _connect(self, host: str, port: int, *, request_timeout_ms: int, **_: Any) -> Any:
        if host in self.raising:
            raise self.raising[host]
        if host in self.raising_after:
            self.raising_after[host] -= 1
            if self.raising_after[host] < 0:
                del self.raising_after[host]
                raise KafkaConnectionError("closed")
        connection = SimpleNamespace(host=host, _request_timeout=request_timeout_ms / 1000, open=True)

        async def answer(request: object, timeout: float | None) -> Any:
            self.asked.append(host)
            if host in self.hung or type(request) in self.silent_to:
                await asyncio.wait_for(asyncio.Event().wait(), timeout)
            return _metadata(*self.tells.get(host, (1, 0)))

        connection.send = lambda request, expect_response=True: answer(request, connection._request_timeout)
        connection.connected = lambda: connection.open
        connection.close = lambda reason=None, exc=None: _closed(connection)
        if host in self.hung:
            await asyncio.wait_for(asyncio.Event().wait(), connection._request_timeout)
        return connection


def _closed(connection: Any) -> asyncio.Future[None]:
    connection.open = False
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future


def _metadata(leader: int, epoch: int) -> Any:
    brokers = [(node, host, node, None) for node, host in NODES.items()]
    topics = [(0, TOPIC, False, [(0, 0, leader, epoch, list(NODES), list(NODES), [])])]
    return SimpleNamespace(API_VERSION=7, brokers=brokers, controller_id=1, topics=topics)


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> Brokers:
    return Brokers(monkeypatch)


@in_a_loop
async def test_the_first_that_answers_is_taken_though_another_hangs(brokers: Brokers) -> None:
    brokers.hung = {"a", "c"}
    assert await first_to_answer(Connection(THREE, request_timeout_ms=60_000)) == "b:2"


@in_a_loop
async def test_each_that_does_not_answer_is_said_with_its_reason(brokers: Brokers) -> None:
    brokers.hung = {"a"}
    brokers.raising = {"b": ConnectionRefusedError("connection refused"), "c": KafkaConnectionError("closed")}
    with pytest.raises(BrokerUnavailable, match="TIDEMARK_BROKERS") as told:
        await first_to_answer(Connection(THREE, request_timeout_ms=50))
    for words in ("a:1: connected or not, it does not answer", "b:2: connection refused", "c:3: KafkaConnectionError: closed"):
        assert words in str(told.value)


@in_a_loop
async def test_a_worker_waits_for_brokers_that_are_on_their_way(brokers: Brokers) -> None:
    brokers.raising = {host: ConnectionRefusedError() for host in NODES.values()}
    asking = asyncio.create_task(first_to_answer(Connection(THREE, start_seconds=60)))
    await asyncio.sleep(0.01)
    del brokers.raising["c"]
    assert await asking == "c:3"


@in_a_loop
async def test_a_user_who_is_refused_is_not_tried_again(brokers: Brokers) -> None:
    brokers.raising = {"a": SaslAuthenticationFailed("no"), "b": ConnectionRefusedError(), "c": ConnectionRefusedError()}
    with pytest.raises(BrokerUnavailable, match="refused the user 'shop'"):
        await first_to_answer(Connection(THREE, "shop", "p", start_seconds=60))


@pytest.mark.parametrize("start_seconds", [0, 60])
@in_a_loop
async def test_a_broker_that_answers_and_then_goes_away_is_asked_again_at_the_start(brokers: Brokers, start_seconds: int) -> None:
    # Whoever is started beside a cluster that is restarted, or overloaded.
    brokers.raising_after = {"a": 1}
    connection = Connection("a:1", start_seconds=start_seconds)
    if not start_seconds:
        with pytest.raises(BrokerUnavailable, match="the broker at a:1 answered, and then did not give its metadata"):
            await open_client(connection, "test")
    else:
        await (await opened(connection)).close()


async def opened(connection: Connection) -> Client:
    client = await open_client(connection, "test")
    assert {broker.nodeId for broker in client.cluster.brokers()} == set(NODES)
    return client


@in_a_loop
async def test_metadata_comes_from_another_where_one_hangs(brokers: Brokers) -> None:
    client = await opened(Connection(THREE, request_timeout_ms=60_000))
    brokers.hung = {"a", "b"}
    assert await client.force_metadata_update()
    await client.close()


@in_a_loop
async def test_what_a_broker_tells_that_has_slept_through_an_election_is_not_believed(brokers: Brokers) -> None:
    client = await opened(Connection(THREE, request_timeout_ms=50))
    brokers.tells = dict.fromkeys("abc", (2, 5))
    await client.add_topic(TOPIC)
    place = TopicPartition(TOPIC, 0)
    assert (client.cluster.leader_for_partition(place), client.epochs.of(place)) == (2, 5)
    looked_up_at = client.looked_up_at
    brokers.tells = dict.fromkeys("abc", (1, 4))
    assert await client.force_metadata_update()
    assert (client.cluster.leader_for_partition(place), client.epochs.of(place)) == (2, 5)
    assert client.looked_up_at > looked_up_at
    brokers.tells = dict.fromkeys("abc", (3, 6))
    assert await client.force_metadata_update()
    assert (client.cluster.leader_for_partition(place), client.epochs.of(place)) == (3, 6)
    await client.close()


@in_a_loop
async def test_a_node_that_did_not_answer_is_asked_last(brokers: Brokers) -> None:
    client = await opened(Connection(THREE, request_timeout_ms=50))
    brokers.hung = {"a"}
    with pytest.raises(KafkaError):
        await client.send(1, "a request")
    assert {client.get_random_node() for _ in range(100)} == {2, 3}
    await client.close()


@in_a_loop
async def test_joining_a_group_may_take_long_while_its_coordinator_answers_others(brokers: Brokers) -> None:
    client = await opened(Connection(THREE, request_timeout_ms=50))
    brokers.silent_to = {JoinGroupRequest}
    joining = asyncio.create_task(client.send(1, JoinGroupRequest("g", 1, 1, "", None, "consumer", [])))
    await asyncio.sleep(0.3)
    assert not joining.done()
    brokers.hung = {"a"}
    with pytest.raises(RequestTimedOutError):
        await joining
    await client.close()
