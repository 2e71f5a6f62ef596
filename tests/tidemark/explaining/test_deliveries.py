"""What became at a sink of a record, by what its worker has committed and told (spec 4.2)."""

from __future__ import annotations

import msgspec

from broker.wire.records import Record
from rules.happened import CouponArrival
from sinks.topics.formats import Attempted, TriedApart
from streams.topics import NOTIFICATIONS
from tests.oracle.examples import at
from tidemark.explaining.attempts import Attempt
from tidemark.explaining.deliveries import Delivered, Progress
from tidemark.workers.delivery import SINKS

ARRIVAL = CouponArrival("spend/ann/1", "ann", "main", "u1", None, at(1))
RECORD = Record(3, 0, b"ann", msgspec.json.encode(ARRIVAL), [])


def progress(position: int, *told: Attempted) -> Progress:
    return Progress({sink: {NOTIFICATIONS: position} for sink in SINKS}, {}, told, ())


def test_each_attempt_at_a_notification_is_that_of_its_channels_sink() -> None:
    source = f"{NOTIFICATIONS}/0/3"
    waiting = Attempted("mini_program", 0, {NOTIFICATIONS: (2, 4)}, None, at(2), [], True, [TriedApart(source, at(1), "503")])
    settled = Attempted("mini_program", 0, {NOTIFICATIONS: (2, 4)}, at(3), by_message=True)
    other = Attempted("sms", 0, {NOTIFICATIONS: (2, 4)}, at(3), by_message=True)
    attempts = [Attempt(at(1), "503", at(2)), Attempt(at(3), "taken")]
    (found,) = progress(5, waiting, other, settled).of(NOTIFICATIONS, 0, RECORD, gift=0)
    assert found == Delivered("mini_program", "given", attempts=attempts)
    (found,) = progress(3, waiting).of(NOTIFICATIONS, 0, RECORD, gift=0)
    assert found == Delivered("mini_program", "waits", attempts=attempts[:1])
