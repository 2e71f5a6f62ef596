"""aiokafka's client, made for a cluster of which a broker may hang: what is asked of it holds up nothing that others could answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable
from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import CloseReason, create_conn
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    RequestTimedOutError,
)
from aiokafka.protocol.group import JoinGroupRequest, SyncGroupRequest
from aiokafka.protocol.metadata import MetadataRequest

from broker.client.connection import BrokerUnavailable, Connection
from broker.client.epochs import Epochs
from broker.client.first_to_answer import first_to_answer, words
from broker.client.retries import Backoff, Said
from broker.wire.metadata import EpochsRequest, topic_rows

_METADATA_MAX_AGE_MS = 60_000
# Another broker is asked for metadata where one has not answered by then.
_ASK_NEXT_SECONDS = 0.3
# While a broker does not answer, who leads what is asked every second: leaders move. It is given up being news after half a minute.
_WATCH_SECONDS = 1.0
_WATCHED_SECONDS = 30.0
# Answered when all members of the group are there, up to the rebalance timeout.
_WAITED_FOR = (JoinGroupRequest, SyncGroupRequest)


class Client(AIOKafkaClient):  # type: ignore[misc]
    """Connects to brokers side by side, and asks another one where one does not answer."""

    def __init__(self, connection: Connection, client_id: str) -> None:
        """Raises WrongCertificate."""
        self._where = connection
        self._letting_in = connection.getting_in()
        self._seconds = connection.request_timeout_ms / 1000
        super().__init__(
            client_id=client_id,
            bootstrap_servers=connection.servers.split(","),
            metadata_max_age_ms=_METADATA_MAX_AGE_MS,
            request_timeout_ms=connection.request_timeout_ms,
            **self._letting_in,
        )
        self._connecting: dict[Any, asyncio.Lock] = {}
        # Nodes that did not answer last: until when nobody tries to connect to them again, and when they last failed.
        self._shunned_until: dict[Any, float] = {}
        self._suspected_at: dict[Any, float] = {}
        self._backoffs: dict[Any, Backoff] = {}
        self._said = Said("broker_unreachable")
        self._watch: asyncio.Task[None] | None = None
        self.epochs = Epochs()
        # When a broker last told who leads what, by the monotonic clock.
        self.looked_up_at = float("-inf")

    async def bootstrap(self) -> None:
        """Reads the cluster's metadata from the first broker that answers; of another where that one goes away just then.

        Raises BrokerUnavailable, with the reason of each.
        """
        give_up_at = time.monotonic() + self._where.start_seconds
        while True:
            server = await first_to_answer(self._where, self._client_id)
            self._bootstrap_servers = [server]
            try:
                await super().bootstrap()
                return
            except KafkaConnectionError as error:
                if time.monotonic() > give_up_at:
                    raise BrokerUnavailable(
                        f"the broker at {server} answered, and then did not give its metadata: look whether it is gone, or overloaded"
                    ) from error
            await asyncio.sleep(self._backoffs.setdefault(server, Backoff()).seconds())

    async def close(self) -> None:
        """Closes every connection."""
        if self._watch is not None:
            self._watch.cancel()
        await super().close()

    def get_random_node(self) -> int | None:
        """A node that is not known to be silent, where there is one."""
        nodes = self._nodes()
        well = [node for node in nodes if node not in self._suspected_at]
        return random.choice(well or nodes) if nodes else None

    async def send(self, node_id: Any, request: Any, *, group: Any = ConnectionGroup.DEFAULT) -> Any:
        """Sends a request, and waits for the answer. Raises KafkaError."""
        try:
            if isinstance(request, _WAITED_FOR):
                return await self._send_and_wait(node_id, request, group)
            return await super().send(node_id, request, group=group)
        except RequestTimedOutError:
            self._suspect(node_id)
            raise
        except KeyError as error:
            # aiokafka closes the connection of a request that timed out, which another one may have let go of by then.
            self._suspect(node_id)
            raise RequestTimedOutError from error

    async def _send_and_wait(self, node_id: Any, request: Any, group: Any) -> Any:
        """Waits for as long as the broker answers something else."""
        if not await self.ready(node_id, group=group):
            raise RequestTimedOutError(f"node {node_id} is not ready")
        connection = self._conns[node_id, group]
        # aiokafka bounds every request of a connection by one time; this one is bounded below.
        usual, connection._request_timeout = connection._request_timeout, None
        try:
            answer = asyncio.ensure_future(connection.send(request))
        finally:
            connection._request_timeout = usual
        try:
            while not (await asyncio.wait({answer}, timeout=self._seconds))[0]:
                await super().send(node_id, MetadataRequest([]))
            return answer.result()
        except RequestTimedOutError:
            connection.close(reason=CloseReason.CONNECTION_TIMEOUT)
            raise
        finally:
            answer.cancel()

    async def _get_conn(self, node_id: Any, *, group: Any = ConnectionGroup.DEFAULT, no_hint: bool = False) -> Any:
        """The connection to a node, made where there is none; None where it cannot be had now."""
        conn_id = (node_id, group)
        connection = self._conns.get(conn_id)
        if connection is not None and connection.connected():
            return connection
        async with self._connecting.setdefault(conn_id, asyncio.Lock()):
            connection = self._conns.get(conn_id)
            if connection is not None and connection.connected():
                return connection
            self._conns.pop(conn_id, None)
            broker = self.cluster.broker_metadata(node_id)
            if broker is None:
                self.force_metadata_update()
                return None
            if time.monotonic() < self._shunned_until.get(node_id, 0.0):
                return None
            try:
                connection = await create_conn(
                    broker.host,
                    broker.port,
                    client_id=self._client_id,
                    request_timeout_ms=self._request_timeout_ms,
                    on_close=self._on_connection_closed,
                    max_idle_ms=self._connections_max_idle_ms,
                    **self._letting_in,
                )
            except (OSError, TimeoutError, KafkaError) as error:
                self._said.warn(node=node_id, at=f"{broker.host}:{broker.port}", reason=words(error))
                self._shunned_until[node_id] = time.monotonic() + self._backoffs.setdefault(node_id, Backoff()).seconds()
                self._suspect(node_id)
                return None
            self._backoffs.pop(node_id, None)
            self._suspected_at.pop(node_id, None)
            self._conns[conn_id] = connection
            return connection

    async def _metadata_update(self, cluster_metadata: Any, topics: Any) -> bool:
        """Takes the first answer of any broker, but what is older than what is known; where none is left that is known, those of the
        settings are asked.
        """
        request = EpochsRequest(list(topics) if topics else None)
        metadata = await self._first(request, sorted(self._nodes(), key=self._order))
        if metadata is None:
            self._said.warn(reason="no broker gave its metadata", asked=self._nodes())
            cluster_metadata.failed_update(None)
            return False
        if not metadata.brokers:
            return False
        rows = topic_rows(metadata)
        if rows is not None:
            metadata.topics = self.epochs.newest(rows)
        cluster_metadata.update_metadata(metadata)
        self.looked_up_at = time.monotonic()
        bootstrap = self._conns.pop(("bootstrap", ConnectionGroup.DEFAULT), None)
        if bootstrap is not None:
            bootstrap.close()
        return True

    async def _first(self, request: Any, nodes: Iterable[Any]) -> Any:
        """The first answer; a next one is asked where one fails, or is slow. None where all failed."""
        left = list(nodes)
        asked: set[asyncio.Task[Any]] = set()
        try:
            while left or asked:
                if left:
                    asked.add(asyncio.create_task(super().send(left.pop(0), request)))
                done, asked = await asyncio.wait(
                    asked, timeout=_ASK_NEXT_SECONDS if left else None, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    if task.exception() is None:
                        return task.result()
            return None
        finally:
            for task in asked:
                task.cancel()

    def _nodes(self) -> list[Any]:
        nodes: list[Any] = [broker.nodeId for broker in self.cluster.brokers()]
        if ("bootstrap", ConnectionGroup.DEFAULT) in self._conns:
            nodes.append("bootstrap")
        return nodes

    def _order(self, node: Any) -> tuple[bool, float]:
        """Those that are known to be silent come last, the others as chance has it."""
        return node in self._suspected_at, random.random()

    def _suspect(self, node_id: Any) -> None:
        """A node does not answer: others may lead what it led, now or soon."""
        self._suspected_at[node_id] = time.monotonic()
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watch_leaders())

    async def _watch_leaders(self) -> None:
        while any(time.monotonic() - at < _WATCHED_SECONDS for at in self._suspected_at.values()):
            await self.force_metadata_update()
            await asyncio.sleep(_WATCH_SECONDS)


async def open_client(connection: Connection, client_id: str) -> Client:
    """A client with the cluster's metadata read. Raises BrokerUnavailable, WrongCertificate."""
    client = Client(connection, client_id)
    try:
        await client.bootstrap()
    except BrokerUnavailable:
        await client.close()
        raise
    return client
