"""`tidemark adopt`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from broker.client.client import open_client
from broker.client.cluster import Cluster
from broker.client.produce import Fenced, WriteFailed, settled
from streams.topics import TOPICS
from tidemark.logs import configure_logging
from tidemark.moving.adopting import Adopted, plan
from tidemark.moving.adopting import adopt as take_partition
from tidemark.moving.apps import none_runs
from tidemark.moving.faults import CannotMove
from tidemark.moving.handover import Handover, read_handover
from tidemark.settings.settings import Settings
from tidemark.terminal import give_up, say
from tidemark.topic_check import check_topics


def adopt(
    file: Path,
    /,
    *,
    take_over: Annotated[bool, Parameter(negative="", help="do it; else it is only said what would be done")] = False,
) -> None:
    """Take over, on a cluster to which all topics were copied, what FILE of `tidemark handover` says. No worker may run.

    The copies of the changelogs are given this cluster's topics and offsets. Nothing is written unless all of it can be.
    """
    settings = Settings()
    configure_logging(settings.log_level)
    cluster = Cluster(settings.connection())
    try:
        handover = read_handover(file)
        problems, there = check_topics(cluster, settings)
        if problems:
            raise CannotMove("; ".join(problems))
        none_runs(cluster, settings)
        topic_ids = {spec.name: there[settings.prefix + spec.name].id for spec in TOPICS}
        asyncio.run(_adopt(settings, handover, topic_ids, take_over))
    except (CannotMove, Fenced, WriteFailed) as error:
        give_up(str(error))


async def _adopt(settings: Settings, handover: Handover, topic_ids: Mapping[str, str], really: bool) -> None:
    client = await open_client(settings.connection(), "tidemark-adopt")
    try:
        await settled(client, [settings.prefix + topic for topic in topic_ids])
        planned = await plan(client, settings, handover, topic_ids)
        for each in planned:
            if really and not each.done:
                await take_partition(client, settings, each)
            _tell(each)
        say("taken over: start the workers" if really else "nothing was written; --take-over does it")
    finally:
        await client.close()


def _tell(each: Adopted) -> None:
    place = f"{each.topic}/{each.partition}"
    if each.done:
        say(f"{place}: is of these topics already")
        return
    say(f"{place}: turn {each.head.turn}, clock {each.head.clock_ms}")
    for topic, position in each.head.positions.items():
        say(f"  {topic}: on from offset {position}, {each.left[topic]} records")
