"""CloudEvents' types of what is published, in Kafka's binary mode (CloudEvents 1.0, Kafka protocol binding)."""

from __future__ import annotations

from typing import Final

# Headers: what put a record out, and its place in all that was put out there.
SOURCE: Final = "ce_source"
SEQUENCE: Final = "ce_sequence"

GIFTS: Final = "gifts"
LEVELS: Final = "levels"
THRESHOLDS: Final = "thresholds"
REFUSALS: Final = "refusals"
FIGURES: Final = "figures"
LIMITED: Final = "grants.limited"
RELEASES: Final = "releases"
NOTIFICATIONS: Final = "notifications"
BENEFITS: Final = "benefits"
CHOICES: Final = "choices"
DEPARTURES: Final = "departures"
DELIVERIES: Final = "deliveries"

TYPES: Final = {
    GIFTS: b"tidemark.gift.granted",
    LEVELS: b"tidemark.level.changed",
    THRESHOLDS: b"tidemark.threshold.crossed",
    FIGURES: b"tidemark.figures.added",
    REFUSALS: b"tidemark.grant.refused",
    LIMITED: b"tidemark.grant.limited",
    RELEASES: b"tidemark.gift.released",
    BENEFITS: b"tidemark.benefit.issued",
    CHOICES: b"tidemark.benefit.chosen",
    DEPARTURES: b"tidemark.member.departed",
    NOTIFICATIONS: b"tidemark.notification.due",
    DELIVERIES: b"tidemark.delivery.tried",
    "dead-letters": b"tidemark.document.refused",
}
