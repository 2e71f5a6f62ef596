"""A bulk's schedule edited too late: saving says what it does not do (spec 2.9)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.bulk.edited import missed
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.times import epoch_ms, moment
from tests.oracle.examples import program

BULK = {"kind": "activity", "type": "bulk", "code": "b", "name": "B", "segment": "all", "gifts": [{"kind": "points", "points": 1}]}
WEEKLY = {"every": "week", "on": "monday", "at": "10:00"}
# A Monday.
NOON_MS = epoch_ms(moment(1_709_553_600_000))


def said(*schedules: dict[str, Any], saved_ms: int, **more: Any) -> str:
    """What is said of the last of these versions: the first was saved long before, the others then."""
    saved = [Saved(kind="program", code="classic", version=1, saved_at_ms=0, document=program())]
    for version, schedule in enumerate(schedules, 1):
        at_ms = 0 if version == 1 and len(schedules) > 1 else saved_ms
        document = BULK | {"schedule": schedule, "timezone": "UTC"} | (more if version == len(schedules) else {})
        saved.append(Saved(kind="activity", code="b", version=version, saved_at_ms=at_ms, document=document))
    rulebook = Rulebook(enumerate(saved))
    assert rulebook.left_out == []
    return missed(rulebook.runs.chain(1))


@pytest.mark.parametrize(
    ("schedules", "expected"),
    [
        # Its run has started at 10:00 by the version before.
        ([WEEKLY, WEEKLY | {"at": "18:00"}], "the run of 2024-W10 starts at 2024-03-04T10:00:00+00:00 by version 1"),
        ([WEEKLY, WEEKLY | {"on": "friday"}], "the next run starts at 2024-03-15T10:00:00+00:00"),
        # Moved to what has passed.
        ([WEEKLY | {"on": "friday"}, WEEKLY], "its time in 2024-W10, 2024-03-04T10:00:00+00:00, has passed"),
        ([WEEKLY | {"on": "friday"}, WEEKLY], "the next run starts at 2024-03-11T10:00:00+00:00"),
        ([{"at": "2024-03-01T00:00:00+00:00"}, {"at": "2024-04-01T00:00:00+00:00"}], "the run of once starts at 2024-03-01"),
        ([{"at": "2024-04-01T00:00:00+00:00"}, {"at": "2024-03-01T00:00:00+00:00"}], "has passed by when it holds"),
        ([{"at": "2024-03-01T00:00:00+00:00"}], "no run follows"),
        # The version holds ten seconds later, when a time within these has passed.
        ([{"at": "2024-03-04T12:00:09+00:00"}], "has passed"),
    ],
)
def test_what_falls_away_is_said(schedules: list[dict[str, Any]], expected: str) -> None:
    assert expected in said(*schedules, saved_ms=NOON_MS)


@pytest.mark.parametrize(
    "schedules",
    [
        [WEEKLY | {"on": "friday"}, WEEKLY | {"on": "thursday"}],
        [WEEKLY | {"on": "friday"}, WEEKLY | {"at": "18:00"}],
        [WEEKLY, WEEKLY],
        [{"at": "2024-04-01T00:00:00+00:00"}, {"at": "2024-03-04T12:00:10+00:00"}],
    ],
)
def test_nothing_is_said_where_nothing_falls_away(schedules: list[dict[str, Any]]) -> None:
    assert said(*schedules, saved_ms=NOON_MS) == ""


def test_one_that_is_paused_starts_nothing_anyway() -> None:
    saved = [
        Saved(kind="program", code="classic", version=1, saved_at_ms=0, document=program()),
        Saved(kind="activity", code="b", version=1, saved_at_ms=0, document=BULK | {"schedule": WEEKLY, "timezone": "UTC"}),
        Saved(kind="activity", code="b", version=2, saved_at_ms=1_000_000, change="pause"),
        Saved(kind="activity", code="b", version=3, saved_at_ms=NOON_MS, document=BULK | {"schedule": WEEKLY | {"at": "11:00"}}),
    ]
    rulebook = Rulebook(enumerate(saved))
    assert rulebook.left_out == [] and missed(rulebook.runs.chain(1)) == ""
