"""The end of the demo: the figures, what each activity gave, who is where on the ladder, and where to look next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tidemark.demo.tally import Tally

WHERE_NEXT = (
    ("tidemark/sample/definitions", "the activities just played: change a threshold, and run the demo again"),
    ("tidemark check tidemark/sample/definitions", "says what is wrong with each definition, by file and field"),
    ("tidemark replay FILE.jsonl --definitions DIR", "your own orders and rules; grants and levels to files"),
    ("make kafka", "a real Kafka on this machine; then tidemark topics, publish, aggregate, deliver"),
    ("docker compose up", "the whole of it: Kafka, Valkey and workers"),
    ("docs/architecture.md", "how an order becomes a gift; docs/guarantees.md what is promised, and its tests"),
)
BAR_WIDTH = 16


class Summary(TypedDict):
    """The figures of a whole run: documents by kind, wall-clock seconds, documents a second, receipts with what tills send beside a
    plain sale, by its name.
    """

    orders: int
    refunds: int
    seconds: float
    orders_per_second: float
    dead_letters: int
    habits: Mapping[str, int]


def headline(summary: Summary, tally: Tally) -> Text:
    return Text.assemble(
        (f"{summary['orders']:,}", "bold"),
        " orders and ",
        (f"{summary['refunds']:,}", "bold"),
        f" refunds in {summary['seconds']:.1f} s, ",
        (f"{summary['orders_per_second']:,.0f} a second", "bold green"),
        f"; {summary['dead_letters']:,} dead letters\nAmong them, as real tills send them: {_counted(summary['habits'])}\n",
        (f"{tally.grants:,}", "bold magenta"),
        f" grants to {len(tally.members):,} members: ",
        (f"{tally.coupons:,} coupons", "bold magenta"),
        f" worth {tally.value_given()}, ",
        (f"{tally.points:,} points", "bold cyan"),
        f"\n{tally.upgrades:,} upgrades and {tally.downgrades:,} downgrades",
    )


def _counted(habits: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in habits.items()) or "none"


def by_activity(tally: Tally) -> Table:
    """What each activity gave, most first, with bars in proportion."""
    table = Table(title="Grants by activity", title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
    table.add_column("activity", overflow="fold")
    table.add_column("grants", justify="right")
    table.add_column("")
    most = max(tally.by_activity.values(), default=1)
    for code, count in tally.by_activity.most_common():
        table.add_row(Text(tally.words.activities[code]), f"{count:,}", Text("▇" * max(1, BAR_WIDTH * count // most), "magenta"))
    table.show_header = False
    return table


def ladder(tally: Tally) -> Table:
    """The members at each level now, highest first."""
    table = Table(title="Members by level", title_justify="left", min_width=18, title_style="bold", box=None, padding=(0, 1, 0, 0))
    table.add_column("level")
    table.add_column("members", justify="right")
    for key, name in reversed(tally.words.levels.items()):
        table.add_row(Text(name, tally.words.styles[key]), f"{tally.holders[key]:,}")
    table.show_header = False
    return table


def where_next() -> Table:
    table = Table(title="Where to look next", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column("what", style="green", no_wrap=True)
    table.add_column("for", overflow="fold")
    for what, purpose in WHERE_NEXT:
        table.add_row(what, purpose)
    table.show_header = False
    return table


def ending(summary: Summary, tally: Tally) -> RenderableType:
    """All of it, for a terminal or for a file."""
    tables = Table.grid(padding=(0, 4, 0, 0))
    tables.add_row(by_activity(tally), ladder(tally))
    return Group(
        Panel(headline(summary, tally), title="[bold]Done", title_align="left", border_style="green"),
        tables,
        Text(),
        where_next(),
    )
