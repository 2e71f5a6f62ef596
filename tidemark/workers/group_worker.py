"""What every worker has in common: it is a member of a consumer group, owns partitions, and commits turns to their changelog."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import faust
from aiokafka.client import AIOKafkaClient
from yarl import URL

from agents.metrics import FETCH_RETRIES
from agents.ownership.ownership import Ownership
from agents.ownership.takeover import OwnershipSettings, Takeover
from agents.readiness import Readiness
from agents.turns.committer import Committer, Credits, Probe, no_probe
from agents.turns.watermark import BrokerTime, Quiet
from broker.client.client import open_client
from broker.client.cluster import Cluster
from broker.client.connection import BrokerUnavailable
from broker.client.fence import acquire
from broker.client.produce import Producer, settled
from broker.wire.codecs import require_codecs
from rules.clock import DocumentsClock
from rules.times import DAY_MS
from streams.consumer.turn_consumer import Arrived, Consuming, RawSchema, TurnTransport
from streams.topics import DEFINITIONS, TOPICS
from tables.keeping import Keeping
from tidemark.settings.settings import Settings
from tidemark.topic_check import check_topics

# Below half of the days that `tables.orders.store` can tell apart.
KEPT_ALWAYS_MS = 30_000 * DAY_MS

_LOOK_SECONDS = 1.0

Agent = Callable[[AsyncIterable[Arrived]], Awaitable[None]]


@dataclass(slots=True)
class WorkerOptions:
    """What settings do not say. `documents_clock`: of a replay. `embedded`: on the embedded broker, which has no
    topic ids and keeps little.
    """

    documents_clock: DocumentsClock | None = None
    embedded: bool = False
    credits: Callable[[Settings], Credits] | None = None
    probe: Probe = field(default=no_probe)


class App(NamedTuple):
    """A kind of worker: its name, which its group has too, the changelog that it commits to, the sources that it reads, and the topics
    that nobody else writes to.
    """

    name: str
    changelog: str
    sources: Sequence[str]
    outputs: Sequence[str] = ()


class GroupWorker(ABC):
    """A running worker; `failure` ends it."""

    app: App

    def __init__(self, settings: Settings, options: WorkerOptions) -> None:
        self.settings = settings
        self.options = options
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.broker_time = BrokerTime()
        self._tasks: list[asyncio.Task[None]] = []
        self._clients: list[AIOKafkaClient] = []
        # None until there is one: a worker may be stopped while it starts.
        self._ownership: Ownership | None = None
        self.readiness = Readiness(settings.readiness(), self._heard, self.definitions_age, self.definitions_silence)

    @abstractmethod
    async def prepare(self) -> None:
        """Reads and checks what is needed before the group is joined."""

    @abstractmethod
    def agent(self, ownership: Ownership, committer: Committer) -> Agent:
        """The agent that deals with what arrives; what must run beside it is started with `beside`."""

    def definitions_age(self) -> float:
        """How long ago the definitions were known to be read, in seconds; 0 where none are needed."""
        return 0.0

    def definitions_silence(self) -> str:
        """Why the definitions grow old; "" while they do not."""
        return ""

    def fail(self, error: BaseException) -> None:
        """Ends the worker: exit is the only repair."""
        if not self.failure.done():
            self.failure.set_exception(error)

    def took(self) -> None:
        """Tells the consumer that there is room for more."""
        self._faust.consumer.took()

    def quiet(self, topic: str, partition: int) -> Quiet | None:
        """That nothing stood after a position of a source (short name), and when (see `agents.turns.watermark`)."""
        found: Quiet | None = self._faust.consumer.quiet(self.settings.prefix + topic, partition)
        return found

    def generation(self) -> int:
        """Of the consumer group, now; below 1 when the session was lost."""
        return int(self._faust.consumer.generation())

    async def start(self) -> None:
        """Connects and joins the group. Raises BrokerUnavailable, CodecMissing."""
        require_codecs()
        settings, options = self.settings, self.options
        prefix = settings.prefix
        topic_ids = {} if options.embedded else await asyncio.to_thread(_checked_topic_ids, settings, self.app.sources)
        client = await self.client(self.app.name, sorted({self.app.changelog, *(topic.name for topic in TOPICS)}))
        await self.prepare()
        self._faust, transport = _faust_app(settings, f"{prefix}{self.app.name}")
        deadline_seconds = settings.write_deadline_ms / 1000
        producer = Producer(client, deadline_seconds, self.broker_time.heard, settings.request_timeout_ms / 1000)
        committer = Committer(
            producer,
            await acquire(client, None, deadline_seconds),
            prefix,
            settings.publish_bytes,
            settings.group_commit_ms / 1000,
            lambda positions: self._faust.consumer.commit_positions(positions),
            options.credits(settings) if options.credits else None,
            options.probe,
            self.app.name,
        )
        owned = OwnershipSettings(
            prefix,
            self.app.changelog,
            self.app.sources,
            self.app.outputs,
            topic_ids,
            # A replay's orders are all kept: by its clock months pass in seconds, and what a refund names must be known for what it is.
            KEPT_ALWAYS_MS if options.documents_clock is not None else settings.keep_orders_ms(),
            deadline_seconds,
            settings.accept_loss,
            options.documents_clock,
            # One keeper of all limits, so that he decides in the files' order.
            None if options.documents_clock is None else Keeping(at_hand=True),
        )
        ownership = Ownership(
            Takeover(client, producer, owned, options.probe),
            committer,
            owned,
            lambda positions: self._faust.consumer.open(positions),
            lambda places: self._faust.consumer.shut(places),
            self.fail,
            self.generation,
            settings.rebalance_timeout_ms / 2000,
            self.readiness,
        )
        transport.owner = self._ownership = ownership
        self._attach(self.agent(ownership, committer))
        self.beside(committer.run())
        self.beside(ownership.renew(settings.renew_fence_ms / 1000))
        self.beside(self._look(ownership))
        await self._faust.start()

    async def stop(self) -> None:
        """Finishes the turn in hand, so that the next start has nothing to say again, and leaves the group; at any moment, also while it
        starts. Raises NotLetGo, SessionLost.
        """
        if self._ownership is not None:
            await self._ownership.stop()
            await self._faust.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.close()

    def _heard(self, topic: str, partition: int) -> tuple[int, float] | None:
        found: tuple[int, float] | None = self._faust.consumer.heard(self.settings.prefix + topic, partition)
        return found

    async def _look(self, ownership: Ownership) -> None:
        """Keeps the figures and what `/readyz` says true, until cancelled."""
        retries = 0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.readiness.look(ownership.shards, int(time.time() * 1000))
            before, retries = retries, self._faust.consumer.fetch_retries()
            FETCH_RETRIES.inc(retries - before)

    async def client(self, name: str, topics: Sequence[str]) -> AIOKafkaClient:
        """A client of the broker that knows these topics (short names), until the worker stops. Raises BrokerUnavailable."""
        client = await open_client(self.settings.connection(patient=True), self.settings.prefix + name)
        self._clients.append(client)
        await settled(client, [self.settings.prefix + topic for topic in topics], self.settings.start_deadline_ms / 1000)
        return client

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something beside; its failure is the worker's."""
        task = asyncio.create_task(work)

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.fail(error)

        task.add_done_callback(ended)
        self._tasks.append(task)

    def _attach(self, agent: Agent) -> None:
        """Has Faust hand what arrives to the agent, whose failure is the worker's."""

        async def attached(stream: Any) -> None:
            try:
                await agent(stream)
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self.fail(error)

        prefix = self.settings.prefix
        sources = self._faust.topic(*(prefix + topic for topic in self.app.sources), schema=RawSchema(), acks=False)
        # As `app.agent` does, but for what that notes for Faust's command line: it asks every module's file for its real path (half of the
        # CPU of a worker's start, measured).
        faust_agent = self._faust.conf.Agent(attached, name=prefix + self.app.name, app=self._faust, channel=sources)
        self._faust.agents[faust_agent.name] = faust_agent


def _checked_topic_ids(settings: Settings, sources: Sequence[str]) -> dict[str, str]:
    """The incarnation of each topic that positions and refs are of. Raises BrokerUnavailable where one is not as it must be."""
    cluster = Cluster(settings.connection(patient=True))
    problems, topics = check_topics(cluster, settings)
    if problems:
        raise BrokerUnavailable("; ".join(problems))
    return {topic: topics[settings.prefix + topic].id for topic in (*sources, DEFINITIONS)}


class _WithoutProducer(faust.App.BootStrategy):  # type: ignore[misc]
    """Nothing is sent through Faust: its producer would only connect, and its own way."""

    enable_kafka_producer = False


class _Frame(faust.App):  # type: ignore[misc]
    BootStrategy = _WithoutProducer

    def _create_directories(self) -> None:
        """Faust's, for tables that we do not have: in the folder where it was started, where its user may not write."""


def _faust_app(settings: Settings, group: str) -> tuple[faust.App, TurnTransport]:
    """Faust, with the transport that hands over turns."""
    app = _Frame(
        group,
        broker=[URL(f"kafka://{server}") for server in settings.brokers.split(",")],
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        broker_request_timeout=max(90.0, settings.session_timeout_ms / 1000 + 1),
        broker_session_timeout=settings.session_timeout_ms / 1000,
        broker_heartbeat_interval=settings.session_timeout_ms / 5000,
    )
    transport = TurnTransport(app.conf.broker_consumer, app)
    transport.consuming = Consuming(
        settings.connection(patient=True),
        group,
        settings.fetch_pause_ms,
        settings.most_fetch_pause_ms,
        settings.session_timeout_ms,
        settings.group_instance_id,
        settings.rebalance_timeout_ms,
        settings.max_fetch_bytes,
        settings.max_partition_bytes,
        settings.max_inflated_bytes,
    )
    app.transport = transport
    return app, transport
