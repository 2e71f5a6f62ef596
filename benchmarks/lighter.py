"""What an order costs by what it does: the same orders under definitions that do less with them."""

from __future__ import annotations

import asyncio
import copy
import gc
import time
from collections.abc import Callable, Sequence

from benchmarks.offline import Definition, Offline, Part, own_definitions

# A share of the load that comes first and is not counted: members are new, and nothing is remembered yet.
WARM_UP = 0.25
_OUT_OF_REACH = 10**9


def out_of_reach(definition: Definition) -> Definition:
    """Every threshold so high that nothing is ever granted, and no level reached."""
    changed = copy.deepcopy(definition)
    condition = changed.get("condition", {})
    for holder in (condition, *condition.get("steps", ()), *changed.get("levels", ())):
        if isinstance(holder, dict) and "threshold" in holder:
            holder["threshold"] *= _OUT_OF_REACH
    return changed


def elsewhere(definition: Definition) -> Definition:
    """The same, and every activity for a store that has no orders."""
    changed = out_of_reach(definition)
    return changed | {"stores": {"stores": ["nowhere"]}} if changed.get("type") == "cumulative_spend" else changed


def by_what_it_does(fetched: Sequence[Sequence[Part]]) -> list[tuple[str, float]]:
    """CPU microseconds an order, folded without a broker, from the least that is done with it to all."""
    kinds: list[tuple[str, Callable[[Definition], Definition]]] = [
        ("spending is added up, no activity counts it", elsewhere),
        ("activities count it, nothing is reached", out_of_reach),
        ("and gifts, thresholds and levels are put out", lambda definition: definition),
    ]
    return [(name, us_per_order(Offline(list(map(change, own_definitions()))), fetched)) for name, change in kinds]


def us_per_order(offline: Offline, fetched: Sequence[Sequence[Part]]) -> float:
    """CPU microseconds an order, after the warm-up; the collector is off, as it is in a worker."""
    first = int(len(fetched) * WARM_UP)
    asyncio.run(offline.run(fetched[:first]))
    before = offline.folded()
    gc.disable()
    try:
        began = time.process_time()
        asyncio.run(offline.run(fetched[first:]))
        return 1e6 * (time.process_time() - began) / (offline.folded() - before)
    finally:
        gc.enable()
