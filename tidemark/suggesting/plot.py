"""A plot of how many members have so much, and where the levels begin: as text, and as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from tidemark.suggesting.ladder import Rung, Weighed, nice
from tidemark.suggesting.money import money

_BARS_MOST = 16
_WIDTH = 40
_COLOURS = ("#b87333", "#9aa0a6", "#d4a017", "#5f9ea0", "#7b68ee")


class Bar(NamedTuple):
    """Members who have from so much on, up to the next bar; and the level that they hold, by its place, -1 for none."""

    least: int
    members: float
    level: int


def bars(weighed: Weighed, rungs: Sequence[Rung], currency: str) -> list[Bar]:
    """From nothing up; a level begins with a bar."""
    top = weighed.buyers[-1].counted if weighed.buyers else 0
    begins = sorted({0, *(rung.threshold for rung in rungs)})
    step = top
    while step > 1 and len(begins) < _BARS_MOST:
        step //= 2
        figure = nice(step, currency)
        # None so near to another that nobody is between them.
        if all(abs(figure - each) * 4 >= max(figure, each) for each in begins if each):
            begins = sorted({*begins, figure})
    found = []
    for at, least in enumerate(begins):
        above = weighed.reaching(begins[at + 1]) if at + 1 < len(begins) else 0.0
        level = max((place for place, rung in enumerate(rungs) if rung.threshold <= least), default=-1)
        here = weighed.total if not least else weighed.reaching(least)
        found.append(Bar(least, here - above, level))
    return found


def text_plot(found: Sequence[Bar], rungs: Sequence[Rung], currency: str) -> list[str]:
    """A line a bar, the most first."""
    most = max((bar.members for bar in found), default=0.0) or 1.0
    lines = []
    for bar in reversed(found):
        name = "" if bar.level < 0 else rungs[bar.level].name
        begins = "┄ " if bar.level >= 0 and rungs[bar.level].threshold == bar.least else "  "
        drawn = "█" * max(round(_WIDTH * bar.members / most), 1 if bar.members else 0)
        lines.append(f"{money(bar.least, currency):>14} {begins}{name:9} {drawn} {round(bar.members):,}")
    return lines


def svg_plot(found: Sequence[Bar], rungs: Sequence[Rung], currency: str, title: str) -> str:
    """The same as a picture."""
    most = max((bar.members for bar in found), default=0.0) or 1.0
    height = 24 * len(found) + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<text x="12" y="24" font-size="16">{escape(title)}</text>',
    ]
    for place, bar in enumerate(reversed(found)):
        y = 44 + 24 * place
        colour = "#cccccc" if bar.level < 0 else _COLOURS[bar.level]
        width = max(round(380 * bar.members / most), 1)
        parts.append(f'<text x="120" y="{y + 13}" text-anchor="end">{escape(money(bar.least, currency))}</text>')
        parts.append(f'<rect x="210" y="{y}" width="{width}" height="18" fill="{colour}"/>')
        parts.append(f'<text x="{216 + width}" y="{y + 13}">{round(bar.members):,}</text>')
        if bar.level >= 0 and rungs[bar.level].threshold == bar.least:
            parts.append(f'<text x="132" y="{y + 13}" font-weight="bold">{escape(rungs[bar.level].name)}</text>')
            parts.append(f'<line x1="12" x2="708" y1="{y + 21}" y2="{y + 21}" stroke="{colour}" stroke-dasharray="4 3"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"
