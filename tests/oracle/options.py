"""The limits of spec 1.5 and 1.6, and the readings of the spec that can be switched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Limits in days of 24 hours, bytes and counts; the flags choose between readings of the spec."""

    late_days: int = 35
    refund_days: int = 180
    document_bytes_max: int = 1024 * 1024
    lines_max: int = 5_000
    grants_max: int = 10_000
    # The real clock, epoch µs; None: what it says now.
    now_us: int | None = None
    # As before release 0.2, of which changelogs are kept.
    imported_upgrades_fire: bool = False
