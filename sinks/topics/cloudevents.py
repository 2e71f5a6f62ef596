"""CloudEvents' types of what is published, in Kafka's binary mode (CloudEvents 1.0, Kafka protocol binding)."""

from __future__ import annotations

GIFTS = "gifts"
LEVELS = "levels"
THRESHOLDS = "thresholds"

TYPES = {
    GIFTS: b"tidemark.gift.granted",
    LEVELS: b"tidemark.level.changed",
    THRESHOLDS: b"tidemark.threshold.crossed",
    "notifications": b"tidemark.notification.due",
    "dead-letters": b"tidemark.document.refused",
}
