"""What a schedule that was saved does not do, as its run has started or its time has passed (spec 2.9): saving says so."""

from __future__ import annotations

from collections.abc import Sequence

from rules.bulk.runs import Runs, Span, period_run
from rules.state import NEVER_MS
from rules.times import at_utc


def missed(chain: Sequence[Span]) -> str:
    """Of the newest version of a bulk, in the period in which it comes to hold: why its time starts nothing there; "" where it does not
    fall away. Where its schedule is that of the version before, nothing was edited.
    """
    newest, before = chain[-1], chain[-2] if len(chain) > 1 else None
    schedule = newest.bulk.schedule
    if not newest.running or (before is not None and before.bulk.schedule == schedule):
        return ""
    first_day = schedule.first_day(newest.from_ms)
    period = schedule.name(first_day)
    run = period_run(chain, first_day, period)
    if run is not None and run.bulk is not newest.bulk:
        why = f"the run of {period} starts at {at_utc(run.start_ms)} by version {run.bulk.version}, before this one holds"
    elif run is None and schedule.start_ms(first_day) < newest.from_ms:
        why = f"its time in {period}, {at_utc(schedule.start_ms(first_day))}, has passed by when it holds"
    else:
        return ""
    next_ms = Runs([chain]).after(newest.from_ms - 1).at_ms
    following = "no run follows" if next_ms == NEVER_MS else f"the next run starts at {at_utc(next_ms)}"
    return f"{why}: it starts nothing in that period; {following}"
