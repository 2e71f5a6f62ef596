"""The one place where everything is put together: a worker made of settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import faust
import structlog
from yarl import URL

from agents.aggregate import Aggregation
from agents.committer import Committer, Credits, Probe, no_probe
from agents.ownership import Ownership, OwnershipSettings, Takeover
from broker.cluster import Cluster
from broker.connection import BrokerUnavailable, open_client
from broker.fence import worker_identity
from broker.produce import Producer, settled
from streams.definitions import Definitions
from streams.topics import AGGREGATE_CHANGELOG, DEFINITIONS, SOURCES, TOPICS
from streams.turn_consumer import Consuming, RawSchema, TurnTransport
from tidemark.settings import Settings
from tidemark.topic_check import check_topics

_log = structlog.get_logger()


@dataclass(slots=True)
class WorkerOptions:
    """What settings do not say. `embedded`: on the embedded broker, which has no topic ids and keeps little."""

    documents_clock: bool = False
    embedded: bool = False
    credits: Callable[[Settings], Credits] | None = None
    probe: Probe = field(default=no_probe)


class Worker:
    """A running aggregation worker; `failure` ends it."""

    def __init__(self, settings: Settings, options: WorkerOptions) -> None:
        self._settings = settings
        self._options = options
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []

    def fail(self, error: BaseException) -> None:
        """Ends the worker: exit is the only repair."""
        if not self.failure.done():
            self.failure.set_exception(error)

    async def start(self) -> None:
        """Connects, reads the definitions, joins the group. Raises BrokerUnavailable."""
        settings, options = self._settings, self._options
        connection = settings.connection()
        prefix = settings.prefix
        topic_ids = {} if options.embedded else await asyncio.to_thread(_checked_topic_ids, settings)
        client = await open_client(connection, f"{prefix}aggregate")
        await settled(client, [prefix + topic.name for topic in TOPICS])
        self._client = client
        definitions_client = await open_client(connection, f"{prefix}definitions")
        self._definitions_client = definitions_client
        await settled(definitions_client, [prefix + DEFINITIONS])
        definitions = Definitions(definitions_client, prefix + DEFINITIONS)
        await definitions.read_to_end()

        app, transport = _faust_app(settings)
        self._app = app
        deadline_seconds = settings.write_deadline_ms / 1000
        producer = Producer(client, deadline_seconds)
        committer = Committer(
            producer,
            await worker_identity(client, deadline_seconds),
            prefix,
            settings.publish_bytes,
            settings.group_commit_ms / 1000,
            lambda positions: app.consumer.commit_positions(positions),
            options.credits(settings) if options.credits else None,
            options.probe,
        )
        owned = OwnershipSettings(
            prefix, AGGREGATE_CHANGELOG, SOURCES, topic_ids, settings.keep_orders_ms(), deadline_seconds, settings.accept_loss
        )
        ownership = Ownership(
            Takeover(client, producer, committer, owned, options.probe),
            committer,
            owned,
            lambda positions: app.consumer.open(positions),
            self.fail,
            lambda: app.consumer.generation(),
            settings.rebalance_timeout_ms / 2000,
        )
        transport.owner = ownership
        aggregation = Aggregation(
            ownership,
            committer,
            definitions,
            settings.folding(documents_clock=options.documents_clock),
            prefix,
            lambda: app.consumer.took(),
            lambda: app.consumer.generation(),
        )

        async def aggregate(stream: Any) -> None:
            try:
                await aggregation.run(stream)
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self.fail(error)

        sources = app.topic(*(prefix + topic for topic in SOURCES), schema=RawSchema(), acks=False)
        app.agent(sources, name=f"{prefix}aggregate")(aggregate)
        self._ownership = ownership
        self._run(committer.run())
        self._run(definitions.follow())
        self._run(aggregation.sweep())
        await app.start()

    async def stop(self) -> None:
        """Finishes the turn in hand and leaves the group."""
        await self._app.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()
        await self._definitions_client.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something beside; its failure is the worker's."""
        task = asyncio.create_task(work)

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.fail(error)

        task.add_done_callback(ended)
        self._tasks.append(task)


def _checked_topic_ids(settings: Settings) -> dict[str, str]:
    """The incarnation of each topic that positions and refs are of. Raises BrokerUnavailable where one is not as it must be."""
    cluster = Cluster(settings.connection())
    problems, topics = check_topics(cluster, settings)
    if problems:
        raise BrokerUnavailable("; ".join(problems) + ". Mend it with `tidemark topics`")
    prefix = settings.prefix
    return {topic: topics[prefix + topic].id for topic in (*SOURCES, DEFINITIONS)}


def _faust_app(settings: Settings) -> tuple[faust.App, TurnTransport]:
    """Faust, with the transport that hands over turns."""
    group = f"{settings.prefix}aggregate"
    app = faust.App(
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
        settings.connection(),
        group,
        settings.fetch_pause_ms,
        settings.session_timeout_ms,
        settings.rebalance_timeout_ms,
        settings.max_fetch_bytes,
        settings.max_partition_bytes,
    )
    app.transport = transport
    return app, transport
