"""Whether the topics are as they must be (spec 6)."""

from __future__ import annotations

from confluent_kafka.admin import NewTopic

from broker.client.cluster import Cluster, Topic
from rules.times import DAY_MS
from streams.topics import DELIVERIES, TOPICS, TopicSpec
from tidemark.settings.settings import Settings


def partitions_of(spec: TopicSpec, settings: Settings) -> int:
    """How many partitions a topic must have."""
    return 1 if spec.single else settings.partitions


def durability(settings: Settings) -> dict[str, str]:
    """What must hold of every topic so that what is acknowledged outlives a broker: `tidemark topics` sets it."""
    # All but one of the replicas: one may be away, and what is acknowledged is nowhere alone.
    in_sync = max(1, settings.replication - 1)
    return {"min.insync.replicas": str(in_sync), "unclean.leader.election.enable": "false"}


def _less_durable(topic: Topic, settings: Settings) -> dict[str, str]:
    """The settings of a topic by which less is safe than must be, as they must be. More in-sync replicas are as well."""
    wanted = durability(settings)
    enough = int(topic.config.get("min.insync.replicas") or 1) >= int(wanted["min.insync.replicas"])
    return {
        name: value
        for name, value in wanted.items()
        if not (topic.config.get(name) == value or (name == "min.insync.replicas" and enough))
    }


def check_topics(cluster: Cluster, settings: Settings) -> tuple[list[str], dict[str, Topic]]:
    """What is not as it must be, a line each, and the topics that there are. Raises BrokerUnavailable."""
    names = [settings.prefix + spec.name for spec in TOPICS]
    topics = cluster.topics(names, with_config=True)
    problems = []
    missing = []
    for spec in TOPICS:
        name = settings.prefix + spec.name
        topic = topics.get(name)
        if topic is None:
            missing.append(name)
            continue
        wanted = partitions_of(spec, settings)
        if topic.partitions != wanted:
            problems.append(
                f"topic {name} has {topic.partitions} partitions, and must have {wanted}: the number is for life; set "
                f"TIDEMARK_PARTITIONS={topic.partitions}, or use another TIDEMARK_PREFIX"
            )
        if topic.replicas < settings.replication:
            problems.append(
                f"topic {name} has {topic.replicas} replicas, and must have {settings.replication}: add them with "
                "kafka-reassign-partitions.sh, or set TIDEMARK_REPLICATION to what it has"
            )
        for key, value in {**_differing(spec, topic, settings), **_less_durable(topic, settings)}.items():
            problems.append(
                f"topic {name} has {key}={topic.config.get(key)}, and must have {value}: `tidemark topics --alter` sets it"
            )
    if missing:
        # All of them, before the first `tidemark topics`: one name says which prefix was meant.
        others = f", and {len(missing) - 1} others are" if len(missing) > 1 else ""
        problems.insert(0, f"topic {missing[0]} is missing{others}: `tidemark topics` creates what is missing")
    return problems, topics


def config_of(spec: TopicSpec, settings: Settings) -> dict[str, str]:
    """What must hold of a topic's settings."""
    kept = {"retention.ms": str(settings.deliveries_days * DAY_MS)} if spec.name == DELIVERIES else {}
    return {**spec.config, **kept}


def _differing(spec: TopicSpec, topic: Topic, settings: Settings) -> dict[str, str]:
    """What must hold of a topic's settings, and does not."""
    return {key: value for key, value in config_of(spec, settings).items() if topic.config.get(key) != value}


def alter(cluster: Cluster, settings: Settings) -> list[str]:
    """Sets what must hold of the topics that there are, and does not; a line each of what was set. Raises BrokerUnavailable."""
    topics = cluster.topics([settings.prefix + spec.name for spec in TOPICS], with_config=True)
    named = {settings.prefix + spec.name: spec for spec in TOPICS}
    changes = {name: _differing(named[name], topic, settings) for name, topic in topics.items()}
    changed = {name: config for name, config in changes.items() if config}
    if changed:
        cluster.alter(changed)
    return [f"topic {name}: {key}={value}" for name, config in changed.items() for key, value in config.items()]


def create_missing(cluster: Cluster, settings: Settings) -> list[str]:
    """Creates the topics that are missing; their names. Raises BrokerUnavailable."""
    there = cluster.topics(settings.prefix + spec.name for spec in TOPICS)
    missing = [
        NewTopic(
            settings.prefix + spec.name,
            partitions_of(spec, settings),
            settings.replication,
            config={**config_of(spec, settings), **durability(settings)},
        )
        for spec in TOPICS
        if settings.prefix + spec.name not in there
    ]
    cluster.create(missing)
    created = [topic.topic for topic in missing]
    cluster.wait_for(created)
    return created


def make_durable(cluster: Cluster, settings: Settings) -> list[str]:
    """Sets what is missing of `durability` on the topics that there are; their names. Raises BrokerUnavailable."""
    topics = cluster.topics([settings.prefix + spec.name for spec in TOPICS], with_config=True)
    changes = {name: _less_durable(topic, settings) for name, topic in topics.items()}
    changed = {name: config for name, config in changes.items() if config}
    if changed:
        cluster.alter(changed)
    return sorted(changed)
