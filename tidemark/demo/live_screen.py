"""The demo on a terminal: gifts and level changes as they happen, counters and a progress bar, then the ending."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tidemark.demo.ending import Summary, ending
from tidemark.demo.gift_row import GiftRow
from tidemark.demo.tally import Tally
from tidemark.demo.words import WHY, Words, date, day, month
from tidemark.terminal import shown

# More than any terminal is high: what has scrolled away is not kept.
KEPT = 100
MAX_HEIGHT = 34
# From this width on, levels and counters stand beside the gifts; below it, under them.
WIDE = 104
SIDE_WIDTH = 36
FRAME_HEIGHT = 2
# Those above the ladders.
FIGURES = 5
PROGRESS_HEIGHT = 3
FRAMES_PER_SECOND = 8


class LiveScreen:
    """A frame of the latest gifts and level changes, drawn some times a second whatever the flow's speed."""

    def __init__(self, words: Words, console: Console) -> None:
        self.words = words
        self.console = console
        self.tally = Tally(words)
        self.latest_gifts: deque[GiftRow] = deque(maxlen=KEPT)
        self.latest_changes: deque[Mapping[str, Any]] = deque(maxlen=KEPT)
        self.now = ""
        """The latest time of an order or run that gave something."""
        self.done = self.total = 0
        self.orders_per_second: float | None = 0.0
        """None: nothing is said of it."""
        self.live = Live(console=console, get_renderable=self.frame, refresh_per_second=FRAMES_PER_SECOND, transient=True)

    def __enter__(self) -> Self:
        self.live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.live.stop()

    def gift(self, grant: Mapping[str, Any]) -> None:
        self.tally.add_grant(grant)
        self.now = max(self.now, grant["occurred_at"])
        if not self.latest_gifts or not self.latest_gifts[-1].joined(grant):
            self.latest_gifts.append(GiftRow(grant))

    def release(self, release: Mapping[str, Any]) -> None:
        self.tally.add_release(release)

    def level(self, change: Mapping[str, Any]) -> None:
        self.tally.add_change(change)
        self.latest_changes.append(change)

    def progress(self, orders_done: int, orders_total: int, grants: int, orders_per_second: float) -> None:
        self.done, self.total, self.orders_per_second = orders_done, orders_total, orders_per_second

    def finish(self, summary: Summary) -> None:
        self.live.stop()
        self.console.print(ending(summary, self.tally))

    def frame(self) -> RenderableType:
        """The whole picture as it is now, fitted to the console."""
        height = min(self.console.height - 1, MAX_HEIGHT)
        middle = height - FRAME_HEIGHT - PROGRESS_HEIGHT
        layout = Layout()
        layout.split_column(Layout(name="middle"), Layout(self._progress_panel(), size=PROGRESS_HEIGHT))
        gifts, side = Layout(name="gifts"), Layout(name="side", size=SIDE_WIDTH)
        if self.console.width >= WIDE:
            counters_height = FRAME_HEIGHT + FIGURES + len(self.words.programs) + len(self.words.levels)
            gifts_height, changes_height = middle, middle - counters_height
            layout["middle"].split_row(gifts, side)
            side.split_column(
                Layout(self._changes_panel(changes_height)), Layout(self._counters_panel(ladder=True), size=counters_height)
            )
        else:
            side.size = counters_height = changes_height = FRAME_HEIGHT + FIGURES
            gifts_height = middle - side.size
            layout["middle"].split_column(gifts, side)
            side.split_row(Layout(self._changes_panel(changes_height)), Layout(self._counters_panel(ladder=False)))
        gifts.update(self._gifts_panel(gifts_height))
        now = f": {month(self.now)}" if self.now else ""
        return Panel(layout, title="[bold]Tidemark", subtitle=f"a year of a real shop's orders{now}", height=height, padding=0)

    def _gifts_panel(self, height: int) -> Panel:
        rows = height - FRAME_HEIGHT - 1
        table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
        table.add_column("placed", no_wrap=True, style="dim", justify="right", min_width=12)
        table.add_column("member", no_wrap=True, min_width=6)
        table.add_column("gift", ratio=27, no_wrap=True, overflow="ellipsis")
        table.add_column("why", ratio=29, no_wrap=True, overflow="ellipsis", style="dim")
        for row in list(self.latest_gifts)[-max(rows, 1) :]:
            table.add_row(
                day(row.grant["occurred_at"]),
                Text(shown(row.grant["member_id"])),
                Text(row.what(self.words), "bold cyan" if row.points_only else "bold magenta"),
                Text(row.why(self.words)),
            )
        return Panel(table, title="gifts, as they happen", title_align="left", border_style="magenta")

    def _changes_panel(self, height: int) -> Panel:
        rows = height - FRAME_HEIGHT
        lines = Text(no_wrap=True, overflow="ellipsis")
        for change in list(self.latest_changes)[-max(rows, 1) :]:
            self._add_change(lines, change)
            lines.append("\n")
        return Panel(lines, title="levels", title_align="left", border_style="yellow")

    def _add_change(self, lines: Text, change: Mapping[str, Any]) -> None:
        """▲ 13085 Silver → Gold, and why, where it is not for an order; or until when a level is kept."""
        program, after, rise = change["program"], change["after"], self.words.rise(change)
        lines.append("▲ " if rise > 0 else "▼ " if rise else "● ", "green" if rise > 0 else "red" if rise else "cyan")
        lines.append(f"{shown(change['member_id'])} ")
        if rise:
            lines.append(f"{self.words.level(program, change['before'])} → ", "dim")
        lines.append(self.words.level(program, after), self.words.styles.get((program, after or ""), "red"))
        if rise == 0 and change["until"] is not None:
            lines.append(f", {self.words.kept(change)}: {date(change['until'])}", "dim")
        if rise and change["why"] in WHY:
            lines.append(f", {WHY[change['why']]}", "dim")

    def _counters_panel(self, *, ladder: bool) -> Panel:
        table = Table(box=None, show_header=False, expand=True, padding=(0, 1, 0, 0))
        table.add_column()
        table.add_column(justify="right")
        table.add_row("coupons", Text(f"{self.tally.coupons:,}", "bold magenta"))
        table.add_row("worth", Text(self.tally.value_given(), "bold magenta"))
        table.add_row("points", Text(f"{self.tally.points:,}", "bold cyan"))
        table.add_row("members rewarded", f"{len(self.tally.members):,}")
        table.add_row("claimed", f"{self.tally.claimed.total():,} of {self.tally.to_claim.total():,}")
        for program, name in self.words.programs.items() if ladder else ():
            table.add_row(Text(name, "dim"), "")
            for key in self.words.ladder(program):
                table.add_row(Text(f" {self.words.levels[key]}", self.words.styles[key]), f"{self.tally.holders[key]:,}")
        return Panel(table, title="so far", title_align="left", border_style="cyan")

    def _progress_panel(self) -> Panel:
        table = Table.grid(expand=True, padding=(0, 2, 0, 0))
        table.add_column(ratio=1)
        table.add_column(justify="right", no_wrap=True)
        figures = Text.assemble((f"{self.done:,}", "bold"), f" of {self.total:,} orders  ")
        if self.orders_per_second is not None:
            figures.append(f"{self.orders_per_second:,.0f}/s  ", "bold green")
        figures.append(f"{self.tally.grants:,} grants")
        table.add_row(ProgressBar(total=max(self.total, 1), completed=self.done), figures)
        return Panel(table, border_style="green", padding=(0, 1))
