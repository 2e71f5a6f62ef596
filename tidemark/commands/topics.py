"""`tidemark topics`."""

from __future__ import annotations

from broker.client.cluster import Cluster
from tidemark.settings.settings import Settings
from tidemark.terminal import say
from tidemark.topic_check import check_topics, create_missing


def topics() -> int:
    """Create the topics that are missing, and say what is not as it must be; exit 1 if anything is."""
    settings = Settings()
    cluster = Cluster(settings.connection())
    for name in create_missing(cluster, settings):
        say(f"created {name}")
    problems, there = check_topics(cluster, settings)
    for problem in problems:
        say(problem)
    if not problems:
        say(f"all {len(there)} topics are as they must be")
    return 1 if problems else 0
