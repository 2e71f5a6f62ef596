"""A version of the Message Centre, compiled (spec 3.11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.state import ALWAYS_US


@dataclass(slots=True, eq=False)
class CompiledMessageCentre:
    """A version of the Message Centre, and from when it holds: whether members are told of coupons that arrived; texts by name."""

    coupon_arrival: bool
    texts: Mapping[str, str]
    holds_from_us: int = ALWAYS_US

    def hold(self, from_us: int, _until_us: int) -> None:
        """Says from when it is in force."""
        self.holds_from_us = from_us
