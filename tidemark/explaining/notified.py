"""Who was told that coupons of a grant have arrived, and how far the sinks are with that (spec 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from broker.wire.records import Record
from rules.happened import CouponArrival
from streams.topics import NOTIFICATIONS
from tidemark.explaining.deliveries import Delivered, SinksRead

_arrival = msgspec.json.Decoder(CouponArrival).decode


class Notified(Struct):
    """A notification of coupons that were released together: in which mini program, by which text of the Message Centre, and what became of
    it at each sink.
    """

    at: str
    mini_program: str
    message: str | None
    deliveries: list[Delivered]


async def read_notified(sinks: SinksRead, records: Iterable[tuple[int, Record]]) -> list[Notified]:
    """In their order; `records`: those of the grant on `notifications`, each with its partition. Raises BrokerUnavailable."""
    found: dict[bytes | None, Notified] = {}
    for partition, record in records:
        # One that was published twice is taken once, at its first place.
        if record.value not in found:
            told = _arrival(record.value or b"")
            progress = await sinks.of(partition)
            # It is tried as a whole, and not by gifts.
            deliveries = progress.of(NOTIFICATIONS, partition, record, gift=0)
            found[record.value] = Notified(told.at, told.mini_program, told.message, deliveries)
    return list(found.values())
