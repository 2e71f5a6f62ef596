"""How an activity is shown: draft, scheduled, running, paused, ended or archived (spec 2.5)."""

from __future__ import annotations

from typing import Literal

from rules.definitions.activity import Activity, dates
from rules.rulebook.chains import Standing

Shown = Literal["draft", "scheduled", "running", "paused", "ended", "archived"]


def shown(standing: Standing, now_ms: int) -> Shown:
    """A version of an activity at a time; one that is over is so whether or not it is paused."""
    activity = standing.definition
    assert isinstance(activity, Activity)
    from_us, until_ms = dates(activity)
    if standing.state == "archived":
        return "archived"
    if activity.draft:
        return "draft"
    if now_ms >= until_ms:
        return "ended"
    if standing.state == "paused":
        return "paused"
    return "scheduled" if now_ms * 1000 < from_us else "running"
