"""Gifts that wait while a coupon service is down, and go once it is back: python -m benchmarks.outage [gifts] [seconds down]

On real Kafka and Redis, with the workers that `tidemark deliver` starts, at the defaults: the wallets are given theirs meanwhile. A million
gifts and ten minutes are `python -m benchmarks.outage 1000000 600`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from benchmarks.delivering import SECRET, target
from devtools.kafka import THROUGHPUT, Kafka
from devtools.ports import free_ports
from devtools.redis import Redis
from streams.routing import partition_of
from streams.topics import GIFTS

_GIFTS, _DOWN_SECONDS = 100_000, 60.0
_PARTITIONS, _MEMBERS = 8, 5_000
_PREFIX = "outage."
_PROGRAM = Path(sys.executable).parent / "tidemark"
_GROUPS = {"wallet": "deliver", "coupon_service": "deliver-coupon-service"}
_NOT_YET = (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.COORDINATOR_NOT_AVAILABLE)
_LOOK_SECONDS = 0.5
_DEADLINE_SECONDS = 3_600.0


def main() -> None:
    """Prints what came of it, and what it took."""
    gifts = int(sys.argv[1]) if len(sys.argv) > 1 else _GIFTS
    down_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else _DOWN_SECONDS
    folder = Path(tempfile.mkdtemp(prefix="tidemark-outage-"))
    with Kafka(folder / "kafka", jvm=THROUGHPUT) as kafka, Redis(folder / "redis") as redis:
        [port] = free_ports(1)
        environment = {
            **os.environ,
            "TIDEMARK_BROKERS": kafka.bootstrap,
            "TIDEMARK_PREFIX": _PREFIX,
            "TIDEMARK_PARTITIONS": str(_PARTITIONS),
            "TIDEMARK_REDIS_URL": redis.url,
            "TIDEMARK_COUPON_SERVICE_URL": f"http://127.0.0.1:{port}/coupons",
            "TIDEMARK_COUPON_SERVICE_SECRET": SECRET,
        }
        subprocess.run([_PROGRAM, "topics"], env=environment, check=True, stdout=subprocess.DEVNULL)
        _grant(kafka.bootstrap, gifts)
        with (folder / "deliver.log").open("wb") as log:
            workers = subprocess.Popen([_PROGRAM, "deliver", *_GROUPS], env=environment, stdout=log, stderr=log)
        try:
            _measure(kafka.bootstrap, workers.pid, port, gifts, down_seconds)
        finally:
            workers.terminate()
            workers.wait()
    shutil.rmtree(folder)


def _measure(bootstrap: str, supervisor: int, port: int, gifts: int, down_seconds: float) -> None:
    began = time.monotonic()
    _until(lambda: _delivered(bootstrap, "wallet") == gifts)
    wallets = time.monotonic() - began
    held_up = _delivered(bootstrap, "coupon_service")
    pids = _pids(supervisor)
    at_first = _mib(pids["coupon_service"], "VmRSS")
    _until(lambda: time.monotonic() - began > down_seconds)
    while_down = _mib(pids["coupon_service"], "VmRSS")
    ours, theirs = multiprocessing.Pipe()
    service: Callable[[int, float, Connection], None] = target
    process = multiprocessing.get_context("spawn").Process(target=service, args=(port, 0.0, theirs), daemon=True)
    process.start()
    back = time.monotonic()
    _until(lambda: _delivered(bootstrap, "coupon_service") == gifts)
    drained = time.monotonic() - back
    ours.send("done")
    distinct, came, out_of_order = ours.recv()
    process.join()
    assert _pids(supervisor) == pids, "a worker has ended meanwhile"
    print(
        f"gifts            {gifts:>12,}  of {_MEMBERS:,} members, in {_PARTITIONS} partitions; delivered while it was down {held_up:,}"
    )
    print(f"the wallets      {wallets:>12.1f}  s, while the service was down: {gifts / wallets:,.0f} a second")
    print(f"down             {back - began:>12.1f}  s")
    print(f"drained          {drained:>12.1f}  s, {gifts / drained:,.0f} a second")
    again, lost = came - distinct, gifts - distinct
    print(f"at the service   {distinct:>12,}  lost {lost:,}, sent again {again:,}, out of a member's order {out_of_order:,}")
    print(
        f"memory           {_mib(pids['coupon_service'], 'VmHWM'):>12.1f}  MiB at most of the sink's worker; {at_first:.1f} as the outage "
        f"began, {while_down:.1f} at its end"
    )


def _grant(bootstrap: str, gifts: int) -> None:
    """A coupon each, of each member in the order of his ordinals."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "queue.buffering.max.messages": 200_000})
    given = [{"kind": "coupon", "coupon": "coffee", "quantity": 1}]
    for number in range(gifts):
        member, ordinal = f"m{number % _MEMBERS}", number // _MEMBERS + 1
        grant = {"grant_id": f"spring/{member}/{ordinal}", "activity": "spring", "member_id": member, "ordinal": ordinal}
        grant |= {"order_id": f"o{number}", "occurred_at": "2026-03-01T08:26:00+00:00", "gifts": given}
        value = json.dumps(grant).encode()
        while True:
            try:
                producer.produce(_PREFIX + GIFTS, value, member, partition_of(member, _PARTITIONS))
                break
            except BufferError:
                producer.poll(0.5)
    assert producer.flush(120) == 0


def _delivered(bootstrap: str, sink: str) -> int:
    """How many grants a sink's group is done with; none as long as the broker is still making up who coordinates groups."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": _PREFIX + _GROUPS[sink], "enable.auto.commit": False, "log_level": 0}
    )
    places = [TopicPartition(_PREFIX + GIFTS, partition) for partition in range(_PARTITIONS)]
    try:
        return sum(max(0, place.offset) for place in consumer.committed(places, timeout=30))
    except KafkaException as error:
        if error.args[0].code() not in _NOT_YET:
            raise
        return 0
    finally:
        consumer.close()


def _pids(supervisor: int) -> Mapping[str, int]:
    """The process of each sink."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    names = {Path(f"/proc/{pid}/comm").read_text().strip(): int(pid) for pid in children}
    return {sink: names[sink] for sink in _GROUPS}


def _mib(pid: int, field: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":")) / 1024


def _until(met: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + _DEADLINE_SECONDS
    while not met():
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"not there after {_DEADLINE_SECONDS} s")
        time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main()
