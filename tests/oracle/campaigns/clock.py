"""The clock goes on: what is due by then."""

from __future__ import annotations

from typing import Any

from ..times import DAY_US
from .life import EVER
from .releases import release_all_due
from .runs import next_run, run_now
from .state import State

Document = dict[str, Any]

LATE_US = 35 * DAY_US


def advance(state: State, now: int) -> None:
    """Releases first, then runs, where due at one instant (spec 6)."""
    first = state.clock == EVER
    while True:
        release = state.tries[0][0] if state.tries else now + 1
        run = next_run(state, now)
        if min(release, run[0] if run else now + 1) > now:
            break
        if run is None or release <= run[0]:
            release_all_due(state, release)
        else:
            run_now(state, *run, nobody=first)
    state.clock = max(state.clock, now)
    for refunds in state.held_refunds.values():
        for refund in [each for each in refunds if each["received"] + LATE_US < state.clock]:
            refunds.remove(refund)
            del state.refunds[(refund["member_id"], refund["refund_id"])]
            state.played.dead_letters.append(("unknown_order", refund["raw"]))
