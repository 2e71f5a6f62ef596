"""What is due next, whatever was asked before (spec 2.9)."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from rules.bulk.runs import Runs, Span
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook

START_MS, DAY_MS = 1_767_225_600_000, 86_400_000


def _chains() -> list[Sequence[Span]]:
    """Of a daily, a weekly and a monthly bulk, and of one that runs once."""
    program = {"kind": "program", "code": "classic", "name": "C", "currency": "GBP", "timezone": "Europe/London"}
    schedules: tuple[dict[str, object], ...] = (
        {"every": "day", "at": "10:00"},
        {"every": "week", "on": "monday", "at": "10:00"},
        {"every": "month", "on": 31, "at": "00:00"},
        {"at": "2026-02-03T04:05:06+00:00"},
    )
    bulks = [
        {"kind": "activity", "type": "bulk", "code": f"b{number}", "name": "B", "segment": "all", "schedule": each,
         "gifts": [{"kind": "points", "points": 5}]}
        for number, each in enumerate(schedules)
    ]  # fmt: skip
    rulebook = Rulebook(
        (ref, Saved(kind=str(each["kind"]), code=str(each["code"]), version=1, saved_at_ms=0, document=each))
        for ref, each in enumerate((program, *bulks))
    )
    return [rulebook.runs.chain(ref) for ref in range(1, 1 + len(bulks))]


CHAINS = _chains()


@given(st.lists(st.integers(START_MS - 3 * DAY_MS, START_MS + 70 * DAY_MS), max_size=30))
def test_it_is_the_same_whatever_was_asked_before(times_ms: list[int]) -> None:
    asked = Runs(CHAINS)
    assert [asked.after(time_ms) for time_ms in times_ms] == [Runs(CHAINS).after(time_ms) for time_ms in times_ms]


def test_what_starts_at_a_time_is_not_after_it() -> None:
    runs = Runs(CHAINS)
    due = runs.after(START_MS)
    assert due.at_ms > START_MS
    assert runs.after(due.at_ms - 1) == due
    assert runs.after(due.at_ms).at_ms == due.at_ms + DAY_MS
