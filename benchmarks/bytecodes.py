"""How many bytecodes and Python calls an order costs, by function: python -m benchmarks.bytecodes [ORDERS]

The full rules, without a broker (offline.py). Unlike times these are the same in every run and on every machine, so they tell what a
change costs where no clock would; what the libraries' own code takes is not among them. Pure Python only.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime
from types import CodeType, FrameType
from typing import Any

from benchmarks.load import Shape, documents
from benchmarks.offline import DOCUMENTS_A_FETCH, Offline, fetches

SHOWN = 40


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


def count(orders: int, offline: Offline | None = None) -> tuple[Counted, int]:
    """What folding so many orders costs, once as many as are fetched at once have been folded; and how many they were."""
    offline = offline or Offline()
    until = datetime(2026, 11, 1, tzinfo=UTC)
    fetched = fetches(documents(Shape(until), DOCUMENTS_A_FETCH + orders), int(until.timestamp() * 1000))
    asyncio.run(offline.run(fetched[:1]))
    before = offline.folded()
    with Counted() as counted:
        asyncio.run(offline.run(fetched[1:]))
    return counted, offline.folded() - before


def main() -> None:
    """Prints the totals, and the functions that cost most."""
    counted, orders = count(int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS_A_FETCH)
    print(f"an order: {counted.bytecodes.total() / orders:.0f} bytecodes, {counted.calls.total() / orders:.1f} calls")
    for code, found in counted.bytecodes.most_common(SHOWN):
        print(
            f"{found / orders:8.1f} {counted.calls[code] / orders:6.2f}  {code.co_filename.rsplit('/', 1)[-1]}:{code.co_qualname}"
        )


if __name__ == "__main__":
    main()
