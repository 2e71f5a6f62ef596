"""What can be measured, by the name that --only takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.bench import Bench
from benchmarks.beside import Beside
from benchmarks.figures import Spread, Table


@dataclass(frozen=True, slots=True)
class Result:
    """What a section found: tables to read, ratios that the page says in words, what else it must say, and the figures that the plot
    draws, by panel, group and bar.
    """

    tables: list[Table]
    beside: list[Beside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    plot: dict[str, dict[str, dict[str, Spread]]] = field(default_factory=dict)


Section = Callable[[Bench], Result]
