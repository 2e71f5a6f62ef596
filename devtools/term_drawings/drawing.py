"""A life as a drawing: a lane for each level, what the member holds and how long each level would last, and below it what happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.sax.saxutils import escape

from devtools.term_drawings.lives import Event, Life, Run, Window

WIDTH = 900
_LEFT, _RIGHT = 84, 790
_TITLE_Y, _LANES_Y, _LANE = 30, 50, 30
_BAR, _WINDOW, _LINE = 20, 24, 16
# In light and in dark: a picture in a page cannot ask the page.
_STYLE = """
    text { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-size: 13px; fill: #1f2733; }
    .t { font-weight: 600; } .w { font-weight: 600; font-size: 12.5px; } .s { font-size: 12px; fill: #55606e; } .e { text-anchor: end; }
    .card { fill: #fbfcfe; stroke: #d5dbe3; } .lane { stroke: #e3e8ee; } .axis { stroke: #8a97a8; stroke-width: 1.4; }
    .held { fill: #5b8def; } .term { fill: #dbe7ff; stroke: #5b8def; } .tick { stroke: #b9c2cf; stroke-dasharray: 3 3; }
    .window { stroke: #d99a2b; stroke-width: 1.6; fill: none; } .order { fill: #3d9a68; } .refund { fill: #cf5c5c; }
    .payment { fill: #8f6bd1; } .end { fill: #fbfcfe; stroke: #55606e; stroke-width: 1.6; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6ebf2; } .s { fill: #a3afbd; } .card { fill: #161b22; stroke: #30363d; } .lane { stroke: #2a313a; }
      .axis { stroke: #7d8896; } .held { fill: #5b8def; } .term { fill: #1f2f4d; } .tick { stroke: #49525e; }
      .end { fill: #161b22; stroke: #a3afbd; }
    }"""


def drawing(life: Life) -> str:
    """The SVG of a life."""
    axis_y = _LANES_Y + _LANE * (len(life.levels) + 1) + 6
    events_y = axis_y + _WINDOW * len(life.windows)
    height = events_y + 3 * _LINE + _LINE * max(len(event.notes) for event in life.events) + 6
    page = _Page(life)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        'aria-labelledby="title">',
        f'  <title id="title">{escape(life.title)}</title>',
        f"  <style>{_STYLE}\n  </style>",
        f'  <rect class="card" x="1" y="1" width="{WIDTH - 2}" height="{height - 2}" rx="14"/>',
        f'  <text class="t" x="24" y="{_TITLE_Y}">{escape(life.title)}</text>',
        *(_legend() if life.terms else ()),
        *page.lanes(),
        *(page.term(run) for run in life.terms),
        *(page.held(run) for run in life.held),
        f'  <path class="axis" d="M{_LEFT} {axis_y}H{_RIGHT}"/>',
        *(line for place, window in enumerate(life.windows) for line in page.window(window, axis_y + _WINDOW * place)),
        *(line for event in life.events for line in page.event(event, axis_y, events_y)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _legend() -> Iterator[str]:
    y = _TITLE_Y - 10
    for x, name, said in ((WIDTH - 240, "held", "what is held"), (WIDTH - 120, "term", "its term")):
        yield f'  <rect class="{name}" x="{x}" y="{y}" width="16" height="11" rx="2"/>'
        yield f'  <text class="s" x="{x + 22}" y="{y + 10}">{said}</text>'


class _Page:
    """Where things of a life are, in pixels."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._first = life.first or life.events[0].day
        self._last = life.end
        # The highest at the top, and below them all none.
        self._lane_of = {str(level["code"]): place for place, level in enumerate(reversed(life.levels))}

    def lanes(self) -> Iterator[str]:
        for level in self._life.levels:
            yield self._lane(self._lane_of[str(level["code"])], str(level["name"]))
        yield self._lane(len(self._lane_of), "no level")

    def term(self, run: Run) -> str:
        return self._bar(run, "term")

    def held(self, run: Run) -> str:
        return self._bar(run, "held")

    def window(self, window: Window, y: int) -> Iterator[str]:
        """A bracket below the axis; open to the left where it begins before the drawing."""
        left, right, low = self._x(max(window.first, self._first)), self._x(window.last, after=True), y + 12
        start = f"M{left:.1f} {low - 5}V{low}" if window.first >= self._first else f"M{left - 8:.1f} {low}"
        yield f'  <path class="window" d="{start}H{right:.1f}V{low - 5}"/>'
        yield f'  <text class="s" x="{right + 6:.1f}" y="{low + 2}">{escape(window.label)}</text>'

    def event(self, event: Event, axis_y: int, y: int) -> Iterator[str]:
        """A mark on the axis, at the end of the day where a term ends, and what there is to say below it."""
        x = self._x(event.day, after=event.kind == "end")
        yield f'  <path class="tick" d="M{x:.1f} {_LANES_Y}V{y + 10}"/>'
        yield f'  <circle class="{event.kind}" cx="{x:.1f}" cy="{axis_y}" r="5"/>'
        said = f"{event.day.day} {event.day:%b}" + (f" {event.day:%Y}" if self._first.year + 1 < self._last.year else "")
        yield f'  <text class="s" x="{x - 5:.1f}" y="{y + 24}">{said}</text>'
        yield f'  <text class="w" x="{x - 5:.1f}" y="{y + 24 + _LINE}">{escape(event.what)}</text>'
        for place, note in enumerate(event.notes, 2):
            yield f'  <text class="s" x="{x - 5:.1f}" y="{y + 24 + _LINE * place}">{escape(note)}</text>'

    def _lane(self, place: int, name: str) -> str:
        y = _LANES_Y + _LANE * place + _LANE // 2
        return (
            f'  <text class="s e" x="{_LEFT - 12}" y="{y + 4}">{escape(name)}</text><path class="lane" d="M{_LEFT} {y}H{_RIGHT}"/>'
        )

    def _bar(self, run: Run, name: str) -> str:
        left, right = self._x(run.first), self._x(run.last or self._last, after=True)
        inset = 0 if name == "term" else 4
        y = _LANES_Y + _LANE * self._lane_of[run.level] + (_LANE - _BAR) // 2 + inset
        place = f'x="{left:.1f}" y="{y}" width="{right - left:.1f}" height="{_BAR - 2 * inset}"'
        return f'  <rect class="{name}" {place} rx="{4 - inset // 2}"/>'

    def _x(self, day: date, *, after: bool = False) -> float:
        """Of the midnight that begins a day, or ends it."""
        days = (self._last - self._first).days + 1
        return _LEFT + (_RIGHT - _LEFT) * ((day - self._first).days + after) / days
