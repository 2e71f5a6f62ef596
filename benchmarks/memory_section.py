"""What an order that is kept, for duplicates and refunds, holds in memory."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context

from benchmarks.bench import Bench
from benchmarks.figures import Table, spread
from benchmarks.load import Shape, documents
from benchmarks.offline import Offline, fetches
from benchmarks.process_figures import resident_bytes
from benchmarks.sections import Result

# So few that their own records do not show.
MEMBERS = 1_000


def memory(bench: Bench) -> Result:
    """A process of its own a round, so that nothing of another section is in it."""
    grown = []
    for number in range(bench.rounds):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            grown.append(pool.submit(bytes_an_order, bench.until, bench.fewer_orders).result())
        bench.say(f"round {number + 1}: {grown[-1]:,.0f} bytes an order")
    return Result([Table("Memory", ["", "median [least-most]"], [["bytes an order kept", spread(grown).text()]])])


def bytes_an_order(until: datetime, orders: int) -> float:
    """Bytes that the second of two loads of so many orders adds to this process, the worker's hot path folding them."""
    now_ms = int(until.timestamp() * 1000)
    fetched = fetches(documents(Shape(until, members=MEMBERS), 2 * orders), now_ms)
    half = len(fetched) // 2
    offline = Offline()
    asyncio.run(offline.run(fetched[:half]))
    before, folded = _held_bytes(), offline.folded()
    asyncio.run(offline.run(fetched[half:]))
    return (_held_bytes() - before) / (offline.folded() - folded)


def _held_bytes() -> int:
    """What is resident once the allocator has given back what is free: that depends on the turns, and not on what is kept."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident_bytes(os.getpid())
