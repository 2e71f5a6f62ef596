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
    # True: a refund that names an order known under another member is refused at once (`wrong_member`).
    # False: orders are known per member, and such a refund is held like any other until it is `unknown_order`.
    wrong_member_at_once: bool = False
    # "Never for activities" (spec 1.1) against "by whatever" (spec 2.8): does tier_upgrade fire for a level
    # that an imported order gained?
    imported_upgrades_fire: bool = False
