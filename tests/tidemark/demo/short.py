"""`tidemark demo` with the first weeks of its year alone: where a whole one is not what is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from tidemark import sample
from tidemark.cli import main as tidemark

# Documents, and what members do beside.
LINES = 2_000
_whole_year = sample.year


def year(taken: Counter[str] | None = None, orders: Counter[str] | None = None) -> Iterator[bytes]:
    return islice(_whole_year(taken, orders), LINES)


def main() -> None:
    orders = Counter[str]()
    for _ in year(None, orders):
        pass
    sample.year = year
    sample.orders_count = orders.total
    tidemark()
