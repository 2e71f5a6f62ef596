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


def has_others(runs: Sequence[int], first: int, last: int) -> bool:
    """Whether some number from the first to the last is in none of them."""
    inside = sum(max(0, min(last, end) - max(first, begin) + 1) for begin, end in zip(runs[::2], runs[1::2], strict=True))
    return last - first + 1 > inside
