"""Positions are the commit log's: what the group forgets does not matter, and what the sources lose is not passed over in silence."""

from __future__ import annotations

import signal

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from streams.topics import POS_ORDERS
from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def admin(pipeline: Pipeline) -> AdminClient:
    return AdminClient({"bootstrap.servers": pipeline.bootstrap, "log_level": 0})


def stopped_in_flow(pipeline: Pipeline) -> None:
    """A worker has folded some of what there is, and is stopped."""
    worker = pipeline.worker(FETCH_PAUSE_MS="150")
    pipeline.wait_turns(12)
    worker.signal(signal.SIGTERM)
    assert exit_code(worker) == 0
    assert pipeline.in_flow()


def test_the_groups_offsets_are_deleted(pipeline: Pipeline, admin: AdminClient) -> None:
    pipeline.produce(documents(SEED, 2000, 150))
    stopped_in_flow(pipeline)
    group = f"{pipeline.prefix}aggregate"
    admin.delete_consumer_groups([group])[group].result()
    pipeline.wide_worker()
    pipeline.assert_exact()


def test_a_topic_deleted_and_made_again(pipeline: Pipeline) -> None:
    pipeline.produce(documents(SEED, 2000, 150))
    stopped_in_flow(pipeline)
    Cluster(Connection(pipeline.bootstrap)).delete([pipeline.prefix + POS_ORDERS])
    refused = pipeline.worker()
    assert exit_code(refused) == 1
    assert f"topic {pipeline.prefix}{POS_ORDERS} is missing" in pipeline.log(refused)
    assert "tidemark topics" in pipeline.log(refused)

    pipeline.tidemark("topics")
    refused = pipeline.worker()
    assert exit_code(refused) == 1
    assert "it was deleted and made again" in pipeline.log(refused)
    assert "TIDEMARK_PREFIX" in pipeline.log(refused)


def test_a_topic_deleted_and_made_again_under_a_running_worker(pipeline: Pipeline) -> None:
    pipeline.produce(documents(SEED, 2000, 150))
    worker = pipeline.wide_worker()
    pipeline.wait_folded()
    Cluster(Connection(pipeline.bootstrap)).delete([pipeline.prefix + POS_ORDERS])
    pipeline.tidemark("topics")
    assert exit_code(worker) == 1
    refused = pipeline.worker()
    assert exit_code(refused) == 1
    assert "it was deleted and made again" in pipeline.log(refused)


def test_a_source_whose_retention_passed_our_position(pipeline: Pipeline, admin: AdminClient) -> None:
    sent = documents(SEED, 2000, 150)
    half = len(sent) // 2
    pipeline.produce(sent[:half])
    worker = pipeline.wide_worker()
    pipeline.wait_folded()
    worker.signal(signal.SIGTERM)
    assert exit_code(worker) == 0

    # What is produced now on one feed is gone before anyone reads it.
    lost = [each for each in sent[half:] if each.topic == POS_ORDERS]
    read = pipeline.produced.copy()
    pipeline.produce(lost)
    pipeline.produced = read
    ends = pipeline.observer.ends([POS_ORDERS])
    places = [TopicPartition(pipeline.prefix + POS_ORDERS, partition, end) for (_, partition), end in ends.items()]
    for deleted in admin.delete_records(places).values():
        deleted.result()
    refused = pipeline.worker()
    assert exit_code(refused) == 1
    assert f"TIDEMARK_ACCEPT_LOSS={POS_ORDERS}" in pipeline.log(refused)

    pipeline.produce([each for each in sent[half:] if each.topic != POS_ORDERS])
    pipeline.wide_worker(ACCEPT_LOSS=POS_ORDERS)
    pipeline.assert_exact()


def test_a_topic_with_another_number_of_partitions(pipeline: Pipeline, admin: AdminClient) -> None:
    pipeline.produce(documents(SEED, 2000, 150))
    stopped_in_flow(pipeline)
    topic = pipeline.prefix + POS_ORDERS
    admin.create_partitions([NewPartitions(topic, pipeline.partitions + 1)])[topic].result()
    said = pipeline.tidemark("topics", exit_code=1)
    assert f"topic {topic} has 5 partitions, and must have 4" in said
    refused = pipeline.worker()
    assert exit_code(refused) == 1
    assert f"topic {topic} has 5 partitions, and must have 4" in pipeline.log(refused)
