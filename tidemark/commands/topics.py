"""`tidemark topics`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from broker.client.cluster import Cluster
from tidemark.settings.settings import Settings
from tidemark.terminal import say
from tidemark.topic_check import alter as alter_topics
from tidemark.topic_check import check_topics, create_missing, make_durable


def topics(
    *, alter: Annotated[bool, Parameter(negative="", help="set the settings of topics that are not as they must be")] = False
) -> int:
    """Create the topics that are missing, have the others keep what they acknowledge, and say what is not as it must be; exit 1 if
    anything is.
    """
    settings = Settings()
    cluster = Cluster(settings.connection())
    for name in create_missing(cluster, settings):
        say(f"created {name}")
    for name in make_durable(cluster, settings):
        say(f"made {name} durable: min.insync.replicas, unclean.leader.election.enable")
    if alter:
        for changed in alter_topics(cluster, settings):
            say(f"set {changed}")
    problems, there = check_topics(cluster, settings)
    for problem in problems:
        say(problem)
    if not problems:
        say(f"all {len(there)} topics are as they must be")
    return 1 if problems else 0
