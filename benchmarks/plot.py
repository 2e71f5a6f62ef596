"""docs/performance.svg: a panel for each kind of figure, bars with their range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.places import PLOT

COLOURS = ("#1f6f8b", "#e2a03f")
INCHES_WIDE = 9
INCHES_A_BAR = 0.35
# More of them run into each other where they have five digits.
MOST_TICKS = 5


def write_plot(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Draws what the sections gave to draw; nothing where none did."""
    # Here, for it takes a second, and most who import this draw nothing.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    panels = [(title, groups) for result in results.values() for title, groups in result["plot"].items() if groups]
    if not panels:
        return
    heights = [sum(len(bars) for bars in groups.values()) + 2 for _, groups in panels]
    # Text as text, and ids that do not change from run to run: a small file whose changes can be read.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "tidemark"}):
        figure = Figure(figsize=(INCHES_WIDE, INCHES_A_BAR * sum(heights)), layout="constrained")
        axes = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)
        for (title, groups), axis in zip(panels, axes[:, 0], strict=True):
            _draw(axis, title, groups)
        figure.savefig(PLOT, metadata={"Date": None})


def _draw(axis: Any, title: str, groups: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> None:
    """Each group's bars below each other, from zero: lengths can be compared."""
    from matplotlib.ticker import MaxNLocator

    names = list(next(iter(groups.values())))
    height = 0.8 / len(names)
    for place, name in enumerate(names):
        rows = [number + (place - (len(names) - 1) / 2) * height for number in range(len(groups))]
        middles = [bars[name][0] for bars in groups.values()]
        below = [bars[name][0] - bars[name][1] for bars in groups.values()]
        above = [bars[name][2] - bars[name][0] for bars in groups.values()]
        drawn = axis.barh(rows, middles, height, xerr=[below, above], label=name, color=COLOURS[place], ecolor="#444", capsize=2)
        axis.bar_label(drawn, labels=[f"{middle:,.0f}" if middle >= 100 else f"{middle:.1f}" for middle in middles], padding=4)
    axis.set_yticks(range(len(groups)), list(groups))
    axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.xaxis.set_major_locator(MaxNLocator(MOST_TICKS))
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.set_title(title, loc="left")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
