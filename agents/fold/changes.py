"""A change of a definition that comes as a line of a replay (spec 6); elsewhere changes come on the definitions topic."""

from __future__ import annotations

from agents.fold.reading import judging
from agents.fold.settings import FoldSettings
from rules.clock import Clock
from rules.documents.change import Change, check_times
from rules.rulebook.changing import Changes
from rules.times import epoch_ms, later_us


def accept_change(change: Change, changes: Changes, clock: Clock, settings: FoldSettings) -> None:
    """One that is not late moves the clock, whatever comes of it (spec 1.5). Raises Refused.

    Before it is made, by `changes` and as of the clock, what is due of everybody is to fire, as that happens before the line.
    """
    saved_ms = epoch_ms(change.saved_at)
    received_ms = clock.received_ms(saved_ms, saved_ms) if change.received_at is None else epoch_ms(change.received_at)
    check_times(change, received_ms, judging(settings.limits, changes.rulebook, replayed=True), settings.late_ms)
    clock.accepted(saved_ms, received_ms, later_us(change.saved_at, saved_ms, change.received_at, received_ms))
