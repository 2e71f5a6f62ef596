"""A change of a definition that comes as a line of a replay (spec 6); elsewhere changes come on the definitions topic."""

from __future__ import annotations

from collections.abc import Callable

from agents.fold.reading import judging
from agents.fold.settings import FoldSettings
from rules.clock import Clock
from rules.documents.change import Change, check_times
from rules.rulebook.changing import Changes
from rules.times import epoch_ms


def take_change(change: Change, changes: Changes, clock: Clock, settings: FoldSettings, fire_due: Callable[[], None]) -> None:
    """Makes it, for the lines after it. One that is not late moves the clock, whatever comes of it (spec 1.5).

    `fire_due`: fires what is due by the clock, of everybody, as that happens before the line. Raises Refused.
    """
    saved_ms = epoch_ms(change.saved_at)
    received_ms = clock.received_ms(saved_ms, saved_ms) if change.received_at is None else epoch_ms(change.received_at)
    check_times(change, received_ms, judging(settings.limits, changes.rulebook, replayed=True), settings.late_ms)
    clock.accepted(saved_ms, received_ms)
    fire_due()
    changes.make(change, clock.now_ms)
