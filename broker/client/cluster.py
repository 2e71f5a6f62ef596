"""Topics: which there are, creating and deleting them. Confluent's admin client, which knows topics' ids and settings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, OffsetSpec

from broker.client.connection import PASSWORD_HINT, BrokerUnavailable, Connection
from broker.client.first_to_answer import first_to_answer

_TIMEOUT_SECONDS = 15.0
_AGAIN_SECONDS = 0.5
# Even a command asks twice: what it was asked of may have been on its way out.
_PATIENCE_SECONDS = 20.0


# Of a cluster of which a broker has just come or gone, or has not heard yet of a topic that was just made.
_PASSING = (
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    # Of a library that found no leader at all.
    KafkaError._NOENT,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NOT_CONTROLLER,
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.NETWORK_EXCEPTION,
    # Of a cluster that makes its groups' topic as it is first asked for one, or whose coordinator has just changed.
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
)


class Topic(NamedTuple):
    """A topic as it is. `id`: of this incarnation; `replicas`: of the partition that has the fewest."""

    name: str
    id: str
    partitions: int
    replicas: int
    config: Mapping[str, str]


class Cluster:
    """Blocking calls, for the command line and for a worker's start."""

    def __init__(self, connection: Connection) -> None:
        """Raises BrokerUnavailable."""
        self._connection = connection
        self._patience_seconds = max(connection.start_seconds, _PATIENCE_SECONDS)
        # A thread of its own, since the caller may be in an event loop.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, first_to_answer(connection)).result()
        self._admin = AdminClient(connection.confluent())

    def topics(self, names: Iterable[str], *, with_config: bool = False) -> dict[str, Topic]:
        """Those of the topics that there are. Raises BrokerUnavailable."""
        there = self._metadata()
        wanted = [name for name in names if name in there]
        if not wanted:
            return {}
        described = self._asked(lambda: self._admin.describe_topics(TopicCollection(wanted), request_timeout=_TIMEOUT_SECONDS))
        config: dict[str, Mapping[str, str]] = {}
        if with_config:
            resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in wanted]
            found = self._asked(lambda: self._admin.describe_configs(resources, request_timeout=_TIMEOUT_SECONDS))
            for resource, entries in found.items():
                config[resource.name] = {name: entry.value for name, entry in entries.items()}
        return {
            name: Topic(
                name,
                str(topic.topic_id),
                len(topic.partitions),
                min(len(partition.replicas) for partition in topic.partitions),
                config.get(name, {}),
            )
            for name, topic in described.items()
        }

    def create(self, topics: Iterable[NewTopic]) -> None:
        """Creates topics, with one request. Raises BrokerUnavailable."""
        left = {topic.topic: topic for topic in topics}
        give_up_at = time.monotonic() + self._patience_seconds
        while left:
            for name, future in self._admin.create_topics(list(left.values()), request_timeout=_TIMEOUT_SECONDS).items():
                try:
                    future.result()
                except KafkaException as error:
                    # There by now: by somebody else, or by a request of ours whose answer did not come.
                    if not _is(error, KafkaError.TOPIC_ALREADY_EXISTS):
                        if time.monotonic() > give_up_at or not _passes(error):
                            raise BrokerUnavailable(f"the broker refused to create {name}: {error.args[0].str()}") from error
                        continue
                del left[name]
            if left:
                time.sleep(_AGAIN_SECONDS)

    def alter(self, changes: Mapping[str, Mapping[str, str]]) -> None:
        """Changes settings of topics, and leaves the others as they are. Raises BrokerUnavailable."""
        resources = [
            ConfigResource(
                ConfigResource.Type.TOPIC,
                name,
                incremental_configs=[
                    ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in config.items()
                ],
            )
            for name, config in changes.items()
        ]
        self._wait(self._admin.incremental_alter_configs(resources, request_timeout=_TIMEOUT_SECONDS))

    def wait_for(self, names: Iterable[str]) -> None:
        """Waits until the topics just created can be used: their leaders answer. Raises BrokerUnavailable where that takes too long."""
        wanted = set(names)
        give_up_at = time.monotonic() + self._patience_seconds
        while missing := wanted - (there := self._metadata()).keys():
            if time.monotonic() > give_up_at:
                raise BrokerUnavailable(f"created, but not there after {self._patience_seconds} s: {sorted(missing)}")
            time.sleep(0.05)
        ends = {TopicPartition(name, partition): OffsetSpec.latest() for name in wanted for partition in there[name].partitions}
        if ends:
            self._asked(lambda: self._admin.list_offsets(ends, request_timeout=_TIMEOUT_SECONDS))

    def delete(self, names: Iterable[str]) -> None:
        """Deletes topics. Raises BrokerUnavailable."""
        self._wait(self._admin.delete_topics(list(names), request_timeout=_TIMEOUT_SECONDS))

    def group_members(self, group: str) -> int:
        """How many members a consumer group has. Raises BrokerUnavailable."""
        found = self._asked(lambda: self._admin.describe_consumer_groups([group], request_timeout=_TIMEOUT_SECONDS))
        return len(found[group].members)

    def _metadata(self) -> dict[str, Any]:
        """Of the topics that there are. Raises BrokerUnavailable."""
        give_up_at = time.monotonic() + self._patience_seconds
        while True:
            try:
                return dict(self._admin.list_topics(timeout=_TIMEOUT_SECONDS).topics)
            except KafkaException as error:
                if time.monotonic() > give_up_at:
                    raise BrokerUnavailable(
                        f"the broker at {self._connection.servers} did not give its metadata ({error.args[0].str()}): {PASSWORD_HINT}"
                    ) from error
                time.sleep(_AGAIN_SECONDS)

    def _asked(self, ask: Callable[[], Mapping[Any, Future[Any]]]) -> dict[Any, Any]:
        """Asks, and asks again while the controller is on its way. Raises BrokerUnavailable."""
        give_up_at = time.monotonic() + self._patience_seconds
        while True:
            try:
                return self._wait(ask())
            except BrokerUnavailable as error:
                if time.monotonic() > give_up_at or not _passes(error.__cause__):
                    raise
                time.sleep(_AGAIN_SECONDS)
                # The library may hold on to leaders of before.
                self._admin = AdminClient(self._connection.confluent())

    def _wait(self, futures: Mapping[Any, Future[Any]]) -> dict[Any, Any]:
        try:
            return {name: future.result() for name, future in futures.items()}
        except KafkaException as error:
            raise BrokerUnavailable(f"the broker refused: {_said(error)}") from error


def _said(error: KafkaException) -> str:
    """What a broker said, and the error's name: some are without words."""
    return f"{error.args[0].str().rstrip(': ')} ({error.args[0].name()})"


def _passes(error: BaseException | None) -> bool:
    """Whether it may go well the next time."""
    return any(_is(error, code) for code in _PASSING)


def _is(error: BaseException | None, code: int) -> bool:
    return isinstance(error, KafkaException) and bool(error.args[0].code() == code)
