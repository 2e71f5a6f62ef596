"""What is due of members to whom nothing comes, in a partition to which nothing comes: the broker's time alone brings it."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from agents.turns.watermark import BEHIND_MS
from rules.times import DAY_MS, epoch_ms
from streams.topics import DEAD_LETTERS, POS_ORDERS
from tests.crash.documents import Sent
from tests.crash.pipeline import Pipeline, exit_code, until
from tests.oracle.examples import refund

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_SOON = timedelta(seconds=1)


@pytest.mark.parametrize("partitions", [1])
def test_a_refund_whose_order_does_not_come_is_given_up_when_its_time_is_over(pipeline: Pipeline) -> None:
    # It may wait for a day after it was received, which is all but over.
    received = datetime.now(UTC) - timedelta(days=1) + _SOON
    document = refund("r", "never", received.isoformat(), ("x", 1, 100), received_at=received.isoformat())
    pipeline.produce([Sent(POS_ORDERS, b"ann", json.dumps(document).encode())])
    # Nor does it write of itself, by which a broker would tell it the time.
    worker = pipeline.worker(LATE_DAYS="1", RENEW_FENCE_MS="3600000")
    observer = pipeline.observer
    until(lambda: observer.turns_done() == 1, "the refund was taken")
    assert observer.values(DEAD_LETTERS) == []
    until(lambda: bool(observer.turns_done() and observer.values(DEAD_LETTERS)), "the refund was given up")
    (letter,) = observer.values(DEAD_LETTERS)
    assert (letter["reason"], json.loads(letter["raw"])) == ("unknown_order", document)
    # Brokers' clocks may differ by so much: until then an order could have come that counts as in time.
    assert observer.heads[0].clock_ms > epoch_ms(received) + DAY_MS
    assert observer.heads[0].clock_ms <= epoch_ms(datetime.now(UTC)) - BEHIND_MS
    # Once, and it is over; the turn after it says that all of it is published.
    worker.signal(signal.SIGTERM)
    assert exit_code(worker) == 0
    observer.look_to_end()
    assert observer.turns == {0: [1, 2, 3]} and len(observer.values(DEAD_LETTERS)) == 1
