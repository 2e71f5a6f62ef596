"""The end of the demo: the figures, what each activity has brought, who is where on the ladders, and where to look next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tidemark.demo.noteworthy import noteworthy
from tidemark.demo.tally import Tally
from tidemark.demo.words import whole
from tidemark.sample import CURRENCY

WHERE_NEXT = (
    ("tidemark/sample/definitions", "the programs and activities just played: change a threshold, and run the demo again"),
    ("tidemark check tidemark/sample/definitions", "says what is wrong with each definition, by file and field"),
    ("tidemark replay FILE.jsonl --definitions DIR", "your own orders and rules; grants and levels to files"),
    ("make kafka", "a real Kafka on this machine; then tidemark topics, publish, aggregate, deliver"),
    ("docker compose up", "the whole of it: Kafka, Valkey and workers"),
    ("docs/levels.md", "by what a level is reached, how long it holds, what prolongs it, with a drawing of each"),
    ("docs/architecture.md", "how an order becomes a gift; docs/guarantees.md what is promised, and its tests"),
)


class Summary(TypedDict):
    """The figures of a whole run: documents by kind, wall-clock seconds, documents a second, receipts with what tills send beside a
    plain sale and members with what they do beside buying, by its name; what each activity has brought (spec 2.7), as a replay writes it;
    the changes of definitions (spec 6) that were made in the year.
    """

    orders: int
    refunds: int
    seconds: float
    orders_per_second: float
    dead_letters: int
    habits: Mapping[str, int]
    performance: Sequence[Mapping[str, Any]]
    changes: Sequence[Mapping[str, Any]]


def headline(summary: Summary, tally: Tally) -> Text:
    return Text.assemble(
        (f"{summary['orders']:,}", "bold"),
        " orders and ",
        (f"{summary['refunds']:,}", "bold"),
        f" refunds in {summary['seconds']:.1f} s, ",
        (f"{summary['orders_per_second']:,.0f} a second", "bold green"),
        f"; {summary['dead_letters']:,} dead letters\nAmong and beside them: {_counted(summary['habits'])}\n",
        (f"{tally.grants:,}", "bold magenta"),
        f" grants to {len(tally.members):,} members: ",
        (f"{tally.coupons:,} coupons", "bold magenta"),
        f" worth {tally.value_given()}, ",
        (f"{tally.points:,} points", "bold cyan"),
        f"\n{tally.upgrades:,} upgrades ({tally.why['payment']:,} paid for), {tally.downgrades:,} downgrades "
        f"({tally.why['ended']:,} at the end of a term), {tally.kept.total():,} levels kept on",
    )


def _counted(habits: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in habits.items()) or "none"


def by_activity(performance: Sequence[Mapping[str, Any]], tally: Tally) -> Table:
    """What each activity has brought and given (spec 2.7), most grants first. Amounts without their pence."""
    table = _table("What each activity has brought", header=True)
    table.add_column("activity", overflow="fold")
    for name in ("orders", "amount", "members", "grants", "refused", "points", "coupons", "worth"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in sorted(performance, key=lambda row: (-row["grants"], row["activity"])):
        table.add_row(
            Text(tally.words.activities[row["activity"]]),
            f"{row['orders']:,}",
            whole(row["amount"], CURRENCY),
            f"{row['members']:,}",
            Text(f"{row['grants']:,}", "magenta"),
            _or_nothing(sum(row["refused"].values())),
            _or_nothing(row["points"]),
            _or_nothing(sum(row["coupons"].values())),
            " ".join(whole(amount, currency) for currency, amount in row["value"].items()),
        )
    return table


def _or_nothing(count: int) -> str:
    return f"{count:,}" if count else ""


def on_the_way(summary: Summary, tally: Tally) -> Table:
    """What happened in the year, activity by activity."""
    table = _table("What happened on the way")
    table.add_column("name", no_wrap=True)
    table.add_column("what", overflow="fold", style="dim")
    for name, said in noteworthy(summary["performance"], summary["changes"], tally):
        table.add_row(Text(name), Text(said))
    return table


def ladder(program: str, tally: Tally) -> Table:
    """The members at each level now, highest first."""
    table = _table(f"Members: {tally.words.programs[program]}")
    table.add_column("level", min_width=12)
    table.add_column("members", justify="right", min_width=8)
    for key in tally.words.ladder(program):
        table.add_row(Text(tally.words.levels[key], tally.words.styles[key]), f"{tally.holders[key]:,}")
    return table


def claims(tally: Tally) -> Table:
    """What became of the gifts that were not released with their grants, and of those for members to claim."""
    table = _table("Gifts released later")
    table.add_column("what")
    table.add_column("gifts", justify="right")
    released, claimed = tally.released_later.total(), tally.claimed.total()
    table.add_row("released at midnight", f"{released:,}")
    table.add_row("held back", f"{tally.dated.total() - released:,}")
    table.add_row("claimed in the app", f"{claimed:,}")
    table.add_row("not claimed yet", f"{tally.to_claim.total() - claimed:,}")
    return table


def _table(title: str, *, header: bool = False) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        show_header=header,
        header_style="dim",
        box=None,
        padding=(0, 1, 0, 0),
    )


def where_next() -> Table:
    table = _table("Where to look next (the commands are in .venv/bin)")
    table.add_column("what", style="green", no_wrap=True)
    table.add_column("for", overflow="fold")
    for what, purpose in WHERE_NEXT:
        table.add_row(what, purpose)
    return table


def ending(summary: Summary, tally: Tally) -> RenderableType:
    """All of it, for a terminal or for a file."""
    tables = Table.grid(padding=(0, 4, 0, 0))
    tables.add_row(*(ladder(program, tally) for program in tally.words.programs), claims(tally))
    return Group(
        Panel(headline(summary, tally), title="[bold]Done", title_align="left", border_style="green"),
        by_activity(summary["performance"], tally),
        Text(),
        on_the_way(summary, tally),
        Text(),
        tables,
        Text(),
        where_next(),
    )
