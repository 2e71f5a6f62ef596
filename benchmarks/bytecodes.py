"""How many bytecodes and Python calls an order costs, by function: python -m benchmarks.bytecodes [ORDERS] [OPTIONS]

The full rules, without a broker (offline.py): the functions that cost most, `--all` of them, or by file (`--rooms`). `--figures`: where
TIDEMARK_FIGURES is on; `--alone`: each order in a turn of its own. Unlike times these are the same in every run and on every machine, so
they tell what a change costs where no clock would; what the libraries' own code takes is not among them. Pure Python only.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from benchmarks.load import Shape, documents
from benchmarks.offline import DOCUMENTS_A_FETCH, Offline, fetches

SHOWN = 40
ROOT = Path(__file__).resolve().parent.parent


class Counted:
    """What ran while it counted."""

    def __init__(self) -> None:
        self.bytecodes: Counter[CodeType] = Counter()
        self.calls: Counter[CodeType] = Counter()

    def __enter__(self) -> Counted:
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.calls[frame.f_code] += 1
        return self._step

    def _step(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            self.bytecodes[frame.f_code] += 1
        return self._step


def count(orders: int, offline: Offline | None = None, *, alone: bool = False) -> tuple[Counted, int]:
    """What folding so many orders costs, once as many as are fetched at once have been folded; and how many they were. `alone`: each is
    fetched by itself.
    """
    offline = offline or Offline()
    until = datetime(2026, 11, 1, tzinfo=UTC)
    now_ms = int(until.timestamp() * 1000)
    listed = documents(Shape(until), DOCUMENTS_A_FETCH + orders)
    fetched = fetches(listed, now_ms, 1 if alone else DOCUMENTS_A_FETCH)
    before = DOCUMENTS_A_FETCH if alone else 1
    asyncio.run(offline.run(fetched[:before]))
    folded = offline.folded()
    with Counted() as counted:
        asyncio.run(offline.run(fetched[before:]))
    return counted, offline.folded() - folded


def _by_file(counted: Counter[CodeType]) -> Counter[str]:
    found: Counter[str] = Counter()
    for code, number in counted.items():
        found[_place(code)] += number
    return found


def _place(code: CodeType) -> str:
    """The file in which it stands, of ours from the checkout's root."""
    path = Path(code.co_filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def table(counted: Counted, *, rooms: bool) -> Sequence[tuple[str, int, int]]:
    """What ran, how many bytecodes and how many calls, what cost most first."""
    if rooms:
        calls = _by_file(counted.calls)
        return [(name, found, calls[name]) for name, found in _by_file(counted.bytecodes).most_common()]
    return [(f"{_place(code)}:{code.co_qualname}", found, counted.calls[code]) for code, found in counted.bytecodes.most_common()]


def main() -> None:
    """Prints the totals, and the functions that cost most."""
    parser = argparse.ArgumentParser(description="how many bytecodes and Python calls an order costs, by function")
    parser.add_argument("orders", nargs="?", type=int, default=DOCUMENTS_A_FETCH)
    parser.add_argument("--all", action="store_true", help="all functions, not only those that cost most")
    parser.add_argument("--rooms", action="store_true", help="by file instead of by function")
    parser.add_argument("--figures", action="store_true", help="where figures are kept")
    parser.add_argument("--alone", action="store_true", help="each order in a turn of its own")
    asked = parser.parse_args()
    counted, orders = count(asked.orders, Offline(figures=asked.figures), alone=asked.alone)
    print(f"an order: {counted.bytecodes.total() / orders:.0f} bytecodes, {counted.calls.total() / orders:.1f} calls")
    listed = table(counted, rooms=asked.rooms)
    for name, found, calls in listed if asked.all else listed[:SHOWN]:
        print(f"{found / orders:8.1f} {calls / orders:6.2f}  {name}")


if __name__ == "__main__":
    main()
