"""Tidemark moved to another Kafka, as docs/operations.md says: nothing is lost, nothing counts twice."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from streams.topics import AGGREGATE_CHANGELOG, DEFINITIONS, POS_ORDERS, REKEYED, SOURCES, TOPICS
from tables.layout import FENCE
from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code, until
from tests.docs.pages import blocks
from tests.moving.mirror import Mirror
from tests.services.fixtures import MakeKafka

# What is copied of a feed, at its end: as if retention had deleted the rest.
_LAST = 190
_JUNK = 5


@pytest.mark.kafka
@pytest.mark.slow
def test_moved_to_another_kafka(pipeline: Pipeline, make_kafka: MakeKafka, tmp_path: Path) -> None:
    sent = documents(SEED, 4000, 150)
    taken, left = len(sent) // 2, len(sent) // 2 + 120
    pipeline.produce(sent[:taken])
    worker = pipeline.wide_worker()
    pipeline.wait_folded()
    file = tmp_path / "handover.json"
    assert "workers are in the group" in pipeline.tidemark("handover", str(file), exit_code=1)
    worker.signal(signal.SIGTERM)
    assert exit_code(worker) == 0
    # Some documents more come, which are not taken any more.
    pipeline.produce(sent[taken:left])
    pipeline.tidemark("handover", str(file))
    handed_over = json.loads(file.read_bytes())["changelogs"][AGGREGATE_CHANGELOG]
    assert sum(tail.get("left", 0) for owned in handed_over.values() for tail in owned["sources"].values()) == 120

    before = pipeline.observer.ends(SOURCES)
    other = make_kafka()
    other.start()
    old = pipeline.bootstrap
    pipeline.move_to(other.bootstrap)
    mirror = _mirrored(pipeline, old)
    said = pipeline.tidemark("adopt", str(file), exit_code=1)
    assert f"{pipeline.prefix}{POS_ORDERS}/0 does not end with" in said
    _keep_times(pipeline, [POS_ORDERS])
    mirror.copy_last(pipeline.prefix + POS_ORDERS, pipeline.partitions)
    pipeline.tidemark("topics", "--alter")

    # Offsets begin anew: what is re-keyed here has lower ones than what was re-keyed there.
    after = pipeline.observer.ends(SOURCES)
    assert any(after[place] < end for place, end in before.items() if place[0] != REKEYED)

    refused = pipeline.worker()
    assert exit_code(refused) == 1
    assert "tidemark adopt" in pipeline.log(refused)
    # It ended without leaving its group.
    cluster = Cluster(Connection(other.bootstrap))
    until(lambda: cluster.group_members(f"{pipeline.prefix}aggregate") == 0, "its session is over")
    ends = pipeline.observer.ends([AGGREGATE_CHANGELOG])
    said = pipeline.tidemark("adopt", str(file))
    assert "nothing was written" in said
    by_hand = tmp_path / "by-hand.json"
    by_hand.write_text(json.dumps(_with_offsets(said, pipeline.prefix, pipeline.partitions)))
    assert pipeline.tidemark("adopt", str(by_hand)) == said
    assert pipeline.observer.ends([AGGREGATE_CHANGELOG]) == ends
    assert "taken over" in pipeline.tidemark("adopt", str(file), "--take-over")
    assert "is of these topics already" in pipeline.tidemark("adopt", str(file), "--take-over")

    pipeline.produce(sent[left:])
    pipeline.wide_worker()
    pipeline.assert_exact()


def test_the_page_has_the_commands_that_are_tried_here() -> None:
    lines = [line.partition("#")[0].strip() for block in blocks("docs/operations.md", "sh") for line in block.splitlines()]
    moving = [line for line in lines if {"handover", "adopt", "--alter"} & set(line.split())]
    assert moving == [
        "tidemark handover handover.json",
        "tidemark topics --alter",
        "tidemark adopt handover.json",
        "tidemark adopt handover.json --take-over",
    ]


def _with_offsets(said: str, prefix: str, partitions: int) -> dict[str, object]:
    """What `tidemark adopt` says that it would take over, as a handover that somebody writes who knows the offsets."""
    changelogs: dict[str, dict[str, dict[str, dict[str, object]]]] = {}
    for line in said.splitlines():
        if line.startswith(prefix):
            changelog, _, partition = line.partition(":")[0].removeprefix(prefix).rpartition("/")
            sources = changelogs.setdefault(changelog, {}).setdefault(partition, {"sources": {}})["sources"]
        elif found := re.match(r" +([a-z.]+): on from offset (\d+),", line):
            sources[found[1]] = {"offset": int(found[2])}
    return {"partitions": partitions, "changelogs": changelogs}


def _keep_times(pipeline: Pipeline, topics: Sequence[str]) -> None:
    config = {"message.timestamp.type": "CreateTime"}
    Cluster(Connection(pipeline.bootstrap)).alter({pipeline.prefix + topic: config for topic in topics})


def _mirrored(pipeline: Pipeline, old: str) -> Mirror:
    """The topics made and copied with other offsets, all but the last records of one feed."""
    prefix, partitions = pipeline.prefix, pipeline.partitions
    pipeline.tidemark("topics")
    _keep_times(pipeline, [*SOURCES, DEFINITIONS])
    assert "tidemark topics --alter" in pipeline.tidemark("topics", exit_code=1)
    mirror = Mirror(old, pipeline.bootstrap)
    for partition in range(partitions):
        for number in range(_JUNK):
            mirror.put(prefix + POS_ORDERS, partition, b"junk %d" % number)
        mirror.put(prefix + AGGREGATE_CHANGELOG, partition, b"0", FENCE)
    for spec in TOPICS:
        last = _LAST if spec.kind == "source" else None
        mirror.copy(prefix + spec.name, 1 if spec.single else partitions, last=last, but=int(spec.name == POS_ORDERS))
    pipeline.tidemark("topics", "--alter")
    return mirror
