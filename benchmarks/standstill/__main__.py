"""Does each to three brokers while orders flow, and prints how long they stood still at most: in seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

from benchmarks.places import BUILD, ROOT
from benchmarks.standstill.events import EVENTS, Scene
from benchmarks.standstill.traffic import Course, Traffic, write_definitions
from benchmarks.standstill.workers import Workers
from benchmarks.topics import PARTITIONS, delete_all, stamp_gifts_by_broker
from devtools.kafka_cluster import KafkaCluster

_FOLDER = BUILD / "standstill"
_PROGRAM = Path(sys.executable).parent / "tidemark"
# As Kafka has them: the cluster of the tests replaces a broker that hangs sooner, and does less.
_KAFKAS_DEFAULTS = {
    "broker.session.timeout.ms": "9000",
    "broker.heartbeat.interval.ms": "2000",
    "replica.lag.time.max.ms": "30000",
    "num.network.threads": "3",
    "num.io.threads": "8",
    "background.threads": "10",
    "metadata.max.idle.interval.ms": "500",
}
_STEADY_SECONDS = 5.0
_AFTER_SECONDS = 10.0


def main() -> None:
    """All events, or those whose names hold one of the arguments."""
    words = sys.argv[1:]
    names = [name for name in EVENTS if not words or any(word in name for word in words)]
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    columns = (
        "what happens",
        "no order could be written for",
        "from order to gift",
        "of that, once it was written",
        "workers ended",
    )
    print(f"| {' | '.join(columns)} |")
    print("|---|---|---|---|---|", flush=True)
    with KafkaCluster(_FOLDER / "kafka", _KAFKAS_DEFAULTS) as cluster:
        for name in names:
            courses, ended = _measure(cluster, name)
            written = max(each.ordered_ms - each.sent_ms for each in courses)
            whole = max(each.gift_ms - each.sent_ms for each in courses)
            ours = max(each.gift_ms - each.ordered_ms for each in courses)
            print(f"| {name} | {written / 1000:.1f} s | {whole / 1000:.1f} s | {ours / 1000:.1f} s | {ended} |", flush=True)


def _measure(cluster: KafkaCluster, name: str) -> tuple[list[Course], int]:
    """Every order that was sent while it happened, and for a while after; how many workers ended."""
    prefix = f"still{uuid.uuid4().hex[:6]}."
    folder = _FOLDER / prefix
    write_definitions(folder / "definitions")
    environment = {
        "TIDEMARK_BROKERS": cluster.bootstrap,
        "TIDEMARK_PREFIX": prefix,
        "TIDEMARK_PARTITIONS": str(PARTITIONS),
        "TIDEMARK_REPLICATION": "3",
        "PYTHONPATH": str(ROOT),
    }
    for command in (["topics"], ["publish", str(folder / "definitions")]):
        subprocess.run([_PROGRAM, *command], env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)
    stamp_gifts_by_broker(cluster.bootstrap, prefix)
    traffic = Traffic(cluster.bootstrap, prefix)
    with Workers(_PROGRAM, environment, folder) as workers:
        traffic.start()
        try:
            # Each has its share of the partitions, and what had piled up meanwhile is folded.
            workers.wait_owning()
            traffic.wait_flowing()
            first = traffic.sent()
            started = workers.starts
            time.sleep(_STEADY_SECONDS)
            EVENTS[name](Scene(cluster, workers, prefix))
            cluster.heal()
            time.sleep(_AFTER_SECONDS)
        finally:
            count = traffic.stop()
        traffic.wait_given(count)
        ended = workers.starts - started
        courses = traffic.courses(first)
    delete_all(cluster.bootstrap, prefix)
    return courses, ended


if __name__ == "__main__":
    main()
