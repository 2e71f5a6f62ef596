"""A benefit that is told of, and that people see to: text only (spec 3.8)."""

from __future__ import annotations

from rules.benefits.benefit import Benefit, BenefitKind


class Custom(Benefit, frozen=True, kw_only=True, tag="custom", tag_field="kind"):
    """The definition."""


CUSTOM = BenefitKind(shape=Custom)
