"""Points for a level that is gained, once for each, ever; with `paid_only`, at its first payment (spec 3.8)."""

from __future__ import annotations

from msgspec import Struct

from rules.benefits.benefit import BenefitKind
from rules.definitions.fields import Code, Count, Text


class UpgradePoints(Struct, frozen=True, kw_only=True, tag="upgrade_points", tag_field="kind"):
    """The definition. It is a grant of points (rules/levels/upgrades.py), and nothing of it is used with a cart."""

    code: Code
    name: Text
    icon: str | None = None
    description: str = ""
    points: Count
    paid_only: bool = False


UPGRADE_POINTS = BenefitKind(shape=UpgradePoints)
