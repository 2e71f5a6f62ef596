"""Orders sent at a steady pace to every partition, each of which earns one gift; and when each stood on its topic, by the brokers' clock.

The brokers and the sender are on one machine, and so have one clock.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from confluent_kafka import KafkaError, Message, Producer

from benchmarks.feed import PARTITIONER, partition_of
from benchmarks.topics import PARTITIONS, GiftReader

ORDERS_A_SECOND = 80
_CENTS = 100
_GIVEN_SECONDS = 120.0
# What may be under way while all is well.
_UNDER_WAY = 2 * ORDERS_A_SECOND

PROGRAM = {
    "kind": "program",
    "code": "classic",
    "name": "Classic",
    "timezone": "UTC",
    "currency": "GBP",
    "default": True,
    "enabled": True,
    "levels": [{"code": "one", "name": "One", "threshold": 1_000_000_000}],
}
SPEND = {
    "kind": "activity",
    "type": "cumulative_spend",
    "code": "spend",
    "name": "Spend",
    "condition": {"items": "any", "mode": "every", "measure": "amount", "threshold": _CENTS},
    "gifts": [{"kind": "points", "points": 1, "release": "instant"}],
}


def write_definitions(folder: Path) -> None:
    """Of which every order earns a gift."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in (("program", PROGRAM), ("spend", SPEND)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document))


class Course(NamedTuple):
    """An order's course: its partition; epoch ms when it was sent, and when it and its gift were appended."""

    partition: int
    sent_ms: int
    ordered_ms: int
    gift_ms: int


class Traffic:
    """Flows from `start` on, until `stop`."""

    def __init__(self, brokers: str, prefix: str) -> None:
        self._brokers = brokers
        self._prefix = prefix
        self._sent_ms: dict[str, tuple[int, int]] = {}
        self._ordered_ms: dict[str, int] = {}
        self._failed: list[KafkaError] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._send)
        # Retries for as long as it takes; gives up on a broker that hangs sooner than by default, as an operator who cares sets it.
        self._producer = Producer(
            {
                "bootstrap.servers": brokers,
                **PARTITIONER,
                "enable.idempotence": True,
                "linger.ms": 2,
                "request.timeout.ms": 3_000,
                "socket.timeout.ms": 5_000,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> int:
        """Sends no more, and waits until all that was sent is appended; how many there are. Raises RuntimeError where some is not."""
        self._stopped.set()
        self._thread.join()
        left = self._producer.flush(120)
        if left or self._failed:
            raise RuntimeError(f"{left} orders were not acknowledged, and of others it was said: {self._failed[:3]}")
        return len(self._sent_ms)

    def sent(self) -> int:
        """How many were sent so far."""
        return len(self._sent_ms)

    def wait_flowing(self) -> None:
        """Until all that had piled up is given. Raises RuntimeError where it does not come to that."""
        self._wait(lambda: self.sent() - _UNDER_WAY)

    def wait_given(self, count: int) -> None:
        """Until so many gifts are there. Raises RuntimeError where they do not come."""
        self._wait(lambda: count)

    def _wait(self, wanted: Callable[[], int]) -> None:
        give_up_at = time.monotonic() + _GIVEN_SECONDS
        reader = GiftReader(self._brokers, self._prefix)
        try:
            while (given := reader.count()) < max(1, wanted()):
                if time.monotonic() > give_up_at:
                    raise RuntimeError(f"{self.sent()} orders have only {given} gifts after {_GIVEN_SECONDS} s")
                time.sleep(0.2)
        finally:
            reader.close()

    def courses(self, first: int = 0) -> list[Course]:
        """Of every order from the `first` on; by now each must have its gift."""
        gifts = {}
        reader = GiftReader(self._brokers, self._prefix)
        try:
            for gift in reader.read():
                gifts.setdefault(gift.grant.order_id or "", gift.appended_ms)
        finally:
            reader.close()
        names = itertools.islice(self._sent_ms, first, None)
        return [Course(*self._sent_ms[name], self._ordered_ms[name], gifts[name]) for name in names]

    def _send(self) -> None:
        """A member of each partition after the other."""
        members: list[list[str]] = [[] for _ in range(PARTITIONS)]
        for number in range(100 * PARTITIONS):
            member_id = f"m{number}"
            members[partition_of(member_id)].append(member_id)
        began = time.monotonic()
        for number in itertools.count():
            early = began + number / ORDERS_A_SECOND - time.monotonic()
            if self._stopped.wait(max(0.0, early)):
                return
            partition = number % PARTITIONS
            order_id = f"o{number}"
            member_id = members[partition][number // PARTITIONS % len(members[partition])]
            self._sent_ms[order_id] = (partition, time.time_ns() // 1_000_000)
            self._producer.produce(
                f"{self._prefix}pos.orders", _order(order_id, member_id), member_id, on_delivery=self._delivered(order_id)
            )
            self._producer.poll(0)

    def _delivered(self, order_id: str) -> Any:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self._failed.append(error)
            else:
                self._ordered_ms[order_id] = message.timestamp()[1]

        return delivered


def _order(order_id: str, member_id: str) -> bytes:
    return json.dumps(
        {
            "type": "purchase",
            "order_id": order_id,
            "channel": "pos",
            "store_id": "n-1",
            "member_id": member_id,
            "placed_at": datetime.now(UTC).isoformat(),
            "currency": "GBP",
            "lines": [{"sku": "x", "quantity": 1, "amount": _CENTS}],
            "total": _CENTS,
        }
    ).encode()
