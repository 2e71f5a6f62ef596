"""Versions of one activity that differ in what a claim may name: how many gifts their grants have (spec 2.5, 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rules.gifts.terms import Granting


class Launched(Granting, Protocol):
    """A version in which something can count. `reshaped`: whether another has another shape."""

    reshaped: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """How many gifts its grants have, and what else their ids hang on."""


def set_reshaped(versions: Sequence[Launched]) -> None:
    """Tells the versions in force of an activity of each other."""
    differ = len({version.shape for version in versions}) > 1
    for version in versions:
        version.reshaped = differ
