"""What every measurement needs: the broker, fresh prefixes, the sizes asked for, and the time that loads end at."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from benchmarks.load import Document, Shape, documents

_prefixes = count(1)


@dataclass
class Bench:
    """One run of the benchmarks."""

    brokers: str
    orders: int
    rounds: int
    quick: bool
    # Takes a line on how far it is.
    say: Callable[[str], None]
    # How busy others kept the machine: the load average of the minute before.
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])
    until: datetime = field(default_factory=lambda: datetime.now(UTC))
    _loads: dict[Shape, Sequence[Document]] = field(default_factory=dict)

    def load(self, shape: Shape, orders: int) -> Sequence[Document]:
        """The first documents of a load, made once."""
        known = self._loads.get(shape, ())
        if len(known) < orders:
            known = self._loads[shape] = documents(shape, orders)
        return known[:orders]

    @property
    def fewer_orders(self) -> int:
        """For what neither warms up nor waits for anything: a quarter."""
        return self.orders // 4

    def fresh_prefix(self) -> str:
        """A prefix that no run has had, on this broker or an earlier one."""
        return f"bench-{int(time.time())}-{next(_prefixes)}."
