"""CloudEvents' types of what is published, in Kafka's binary mode (CloudEvents 1.0, Kafka protocol binding)."""

from __future__ import annotations

# Headers: what put a record out, and its place in all that was put out there.
SOURCE = "ce_source"
SEQUENCE = "ce_sequence"

GIFTS = "gifts"
LEVELS = "levels"
THRESHOLDS = "thresholds"
REFUSALS = "refusals"
FIGURES = "figures"
LIMITED = "grants.limited"
RELEASES = "releases"
NOTIFICATIONS = "notifications"
BENEFITS = "benefits"
CHOICES = "choices"
DEPARTURES = "departures"
DELIVERIES = "deliveries"

TYPES = {
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
