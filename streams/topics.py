"""Every topic, and what must hold of each (spec 4.1, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["source", "output", "changelog", "definitions"]

POS_ORDERS: Final = "pos.orders"
ONLINE_ORDERS: Final = "online.orders"
REKEYED: Final = "orders.rekeyed"
MEMBERS: Final = "members"
LIMITED: Final = "grants.limited"
PAYMENTS: Final = "membership.payments"
POINTS: Final = "points"
GIFTS: Final = "gifts"
RELEASES: Final = "releases"
BENEFITS: Final = "benefits"
CHOICES: Final = "choices"
DEPARTURES: Final = "departures"
LEVELS: Final = "levels"
THRESHOLDS: Final = "thresholds"
REFUSALS: Final = "refusals"
FIGURES: Final = "figures"
DELIVERIES: Final = "deliveries"
NOTIFICATIONS: Final = "notifications"
DEAD_LETTERS: Final = "dead-letters"
DEFINITIONS: Final = "definitions"
AGGREGATE_CHANGELOG: Final = "aggregate-changelog"
DELIVER_CHANGELOG: Final = "deliver-changelog"
FIGURES_CHANGELOG: Final = "figures-changelog"
COUPON_SERVICE_CHANGELOG: Final = "deliver-coupon-service-changelog"
MINI_PROGRAM_CHANGELOG: Final = "deliver-mini-program-changelog"
SMS_CHANGELOG: Final = "deliver-sms-changelog"

# Those of the workers that deliver, each to its sink.
DELIVERY_CHANGELOGS: Final = (DELIVER_CHANGELOG, FIGURES_CHANGELOG, COUPON_SERVICE_CHANGELOG, MINI_PROGRAM_CHANGELOG, SMS_CHANGELOG)
# What the aggregation reads: assigned to workers as one set of partitions.
SOURCES: Final = (POS_ORDERS, ONLINE_ORDERS, REKEYED, MEMBERS, PAYMENTS, POINTS, LIMITED)

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it must be. `single`: it has one partition, whatever the number of the others."""

    name: str
    kind: Kind
    config: Mapping[str, str]
    single: bool = False


_SOURCE: Final = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(8 * _MIB), "cleanup.policy": "delete"}
# Holds a document of a source whole, with where it came from.
_OUTPUT: Final = {"max.message.bytes": str(16 * _MIB), "cleanup.policy": "delete"}
# For good: a delivery that was down for long loses no gift, and no document is ever lost.
_KEPT = _OUTPUT | {"retention.ms": "-1"}
# Of every program and member, the level he holds now, for good.
_LATEST = _OUTPUT | {"cleanup.policy": "compact"}
# As long as a sink may be down and still hear of it, and no longer: ids of those who were merged or deleted stand there, names and phones.
_FOR_A_WHILE = _OUTPUT | {"retention.ms": str(90 * 24 * 3600 * 1000)}
# What a broker acknowledges with its own time tells a worker how late it is, where nothing comes.
_CHANGELOG: Final = {
    "message.timestamp.type": "LogAppendTime",
    "cleanup.policy": "compact",
    "segment.bytes": str(64 * _MIB),
    "min.cleanable.dirty.ratio": "0.1",
    "max.message.bytes": str(16 * _MIB),
}
_DEFINITIONS: Final = {"cleanup.policy": "compact", "max.message.bytes": str(_MIB), "message.timestamp.type": "LogAppendTime"}

TOPICS: Final = (
    *(TopicSpec(name, "source", _SOURCE) for name in SOURCES),
    *(TopicSpec(name, "output", _KEPT) for name in (GIFTS, RELEASES, BENEFITS, CHOICES, REFUSALS, FIGURES, DEAD_LETTERS)),
    TopicSpec(LEVELS, "output", _LATEST),
    TopicSpec(THRESHOLDS, "output", _OUTPUT),
    *(TopicSpec(name, "output", _FOR_A_WHILE) for name in (DEPARTURES, NOTIFICATIONS)),
    TopicSpec(DELIVERIES, "output", _OUTPUT),
    *(TopicSpec(name, "changelog", _CHANGELOG) for name in (AGGREGATE_CHANGELOG, *DELIVERY_CHANGELOGS)),
    TopicSpec(DEFINITIONS, "definitions", _DEFINITIONS, single=True),
)
