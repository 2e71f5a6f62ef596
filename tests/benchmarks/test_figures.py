"""Figures of several rounds."""

from __future__ import annotations

from benchmarks.figures import Spread, ratios, spread


def test_ratios_are_taken_round_by_round() -> None:
    # The machine was half as fast in the second round, for both: the ratio does not know.
    assert ratios([200, 100, 210], [100, 50, 100]) == Spread(2.0, 2.0, 2.1)


def test_a_spread_says_the_median_and_the_range() -> None:
    assert spread([51_100, 79_000, 64_000]).text() == "64,000 [51,100-79,000]"
    assert spread([15.62]).text(1) == "15.6"
