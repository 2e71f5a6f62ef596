"""Figures of several rounds as one: the median, and the least and the most beside it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Table(NamedTuple):
    """A table of results, the same on the terminal and in the page."""

    title: str
    columns: list[str]
    rows: list[list[str]]


class Spread(NamedTuple):
    """A figure over the rounds."""

    middle: float
    least: float
    most: float

    def text(self, digits: int = 0) -> str:
        """As in "64,000 [51,100-79,000]"; one round has no spread to show."""
        if self.least == self.most:
            return f"{self.middle:,.{digits}f}"
        return f"{self.middle:,.{digits}f} [{self.least:,.{digits}f}-{self.most:,.{digits}f}]"


def spread(values: Sequence[float]) -> Spread:
    """The median of the rounds, and their range."""
    return Spread(median(values), min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Ratios taken round by round, where both had the same machine, and only then their median."""
    return spread([our / their for our, their in zip(ours, theirs, strict=True)])
