"""One order a partition that must give a gift: how any engine shows that it is up and has all its partitions."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import count

from confluent_kafka import Producer

from benchmarks.feed import partition_of, pile_up
from benchmarks.load import Document
from benchmarks.one_sum import THRESHOLD
from benchmarks.topics import PARTITIONS, GiftReader
from benchmarks.worker import Worker

CANARY = "canary"
READY_SECONDS = 120
STEP_SECONDS = 0.1


def await_ready(worker: Worker, producer: Producer, reader: GiftReader, prefix: str, at: datetime) -> int:
    """Sends the canaries, waits for a gift of each; returns how many gifts they made.

    Raises RuntimeError when the worker ends, or has not answered within READY_SECONDS.
    """
    canaries = _canaries(at)
    pile_up(producer, prefix, canaries)
    missing = {each.member_id for each in canaries}
    deadline = time.monotonic() + READY_SECONDS
    made = -1
    # Until all have sung, and none sings on: an engine may give a canary several gifts.
    while missing or made != reader.count():
        if time.monotonic() > deadline:
            raise RuntimeError(f"no gift for {sorted(missing)} within {READY_SECONDS} s")
        worker.must_run()
        time.sleep(STEP_SECONDS)
        made = reader.count()
        if made >= len(canaries):
            missing -= {gift.grant.member_id for gift in reader.read()}
    return made


def _canaries(at: datetime) -> list[Document]:
    found: dict[int, Document] = {}
    for number in count():
        member_id = f"{CANARY}-{number}"
        if partition_of(member_id) not in found:
            found[partition_of(member_id)] = _canary(member_id, at)
        if len(found) == PARTITIONS:
            return list(found.values())
    raise AssertionError


def _canary(member_id: str, at: datetime) -> Document:
    order_id = f"{CANARY}-{member_id}"
    value = (
        f'{{"type":"purchase","order_id":"{order_id}","channel":"online","store_id":"s-001","member_id":"{member_id}",'
        f'"placed_at":"{at.isoformat()}","currency":"GBP",'
        f'"lines":[{{"sku":"p00000","quantity":1,"amount":{THRESHOLD}}}],"fees":0,"total":{THRESHOLD}}}'
    )
    return Document("online", member_id, order_id, THRESHOLD, value.encode())
