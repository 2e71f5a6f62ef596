"""Whole numbers, kept as runs without a gap: the first and the last of each, one after the other."""

from __future__ import annotations

from collections.abc import Sequence


def add_run(runs: list[int], first: int, last: int) -> None:
    """Adds those from the first to the last; as part of the newest run, where they follow on it."""
    if runs and runs[-1] == first - 1:
        runs[-1] = last
    else:
        runs += (first, last)


def is_in(runs: Sequence[int], number: int) -> bool:
    """Whether a number is in one of them."""
    return any(first <= number <= last for first, last in zip(runs[::2], runs[1::2], strict=True))
