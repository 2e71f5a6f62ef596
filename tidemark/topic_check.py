"""Whether the topics are as they must be (spec 6)."""

from __future__ import annotations

from broker.client.cluster import Cluster, Topic
from streams.topics import TOPICS, TopicSpec
from tidemark.settings.settings import Settings


def partitions_of(spec: TopicSpec, settings: Settings) -> int:
    """How many partitions a topic must have."""
    return 1 if spec.single else settings.partitions


def check_topics(cluster: Cluster, settings: Settings) -> tuple[list[str], dict[str, Topic]]:
    """What is not as it must be, a line each, and the topics that there are. Raises BrokerUnavailable."""
    names = [settings.prefix + spec.name for spec in TOPICS]
    topics = cluster.topics(names, with_config=True)
    problems = []
    for spec in TOPICS:
        name = settings.prefix + spec.name
        topic = topics.get(name)
        if topic is None:
            problems.append(f"topic {name} is missing")
            continue
        wanted = partitions_of(spec, settings)
        if topic.partitions != wanted:
            problems.append(
                f"topic {name} has {topic.partitions} partitions, and must have {wanted}: the number is for life; set "
                f"TIDEMARK_PARTITIONS={topic.partitions}, or use another TIDEMARK_PREFIX"
            )
        for key, value in spec.config.items():
            if topic.config.get(key) != value:
                problems.append(f"topic {name} has {key}={topic.config.get(key)}, and must have {value}")
    return problems, topics


def create_missing(cluster: Cluster, settings: Settings) -> list[str]:
    """Creates the topics that are missing; their names. Raises BrokerUnavailable."""
    there = cluster.topics(settings.prefix + spec.name for spec in TOPICS)
    created = []
    for spec in TOPICS:
        name = settings.prefix + spec.name
        if name not in there:
            cluster.create(name, partitions_of(spec, settings), settings.replication, spec.config)
            created.append(name)
    cluster.wait_for(created)
    return created
