"""How many grants one order may owe (spec 1.6)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GrantLimits:
    """The most grants that one order may owe: of one activity, and in all."""

    of_one_activity: int
    in_all: int
