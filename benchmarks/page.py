"""docs/performance.md: the measured part is written anew between two markers, the prose around it stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.figures import Table
from benchmarks.places import PAGE, PLOT
from benchmarks.standing import standing

BEGIN = "<!-- measured: written by `make bench`, do not edit -->"
END = "<!-- /measured -->"
# Of sections that their name says too little of.
HEADINGS = {
    "due": "A million refunds given up at one instant",
    "run": "A run of a bulk over a million",
    "release": "A million gifts released at one midnight",
    "recalculation": "A program changed for a million",
    "terms": "A million terms that end at one midnight",
    "profile": "What each part costs",
    "features": "What each feature costs",
}


def write_page(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Puts the results of all sections, by name, into the page."""
    old = PAGE.read_text() if PAGE.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RuntimeError(f"{PAGE} has lost its markers {BEGIN} and {END}: put them where the figures belong")
    measured = "\n".join(_lines(results))
    PAGE.write_text(f"{before}{BEGIN}\n{measured}\n{END}{after}")


def _lines(results: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if PLOT.exists():
        yield f"![Throughput and latency of the engines]({PLOT.name})"
    for part in standing(results):
        yield from [part] if isinstance(part, str) else _table(part)
    for name, result in results.items():
        yield f"\n## {HEADINGS.get(name, name.capitalize())}\n"
        yield f"{_conditions(result)}."
        for table in result["tables"]:
            yield from _table(Table(**table))


def _conditions(result: Mapping[str, Any]) -> str:
    """By which command, when, where, and how long it took."""
    said = f"`{result['command']}` on {result['day']}: {result['machine']}; {result['rounds']} round{'s' * (result['rounds'] > 1)}"
    if "seconds" in result:
        said += f" in {result['seconds'] / 60:.0f} minutes; load average before it {result['load']:.1f}"
    return said


def _table(table: Table) -> Iterator[str]:
    yield f"\n**{table.title}**\n"
    yield f"| {' | '.join(table.columns)} |"
    yield f"|{'|'.join(['---', *['---:'] * (len(table.columns) - 1)])}|"
    for row in table.rows:
        yield f"| {' | '.join(row)} |"
