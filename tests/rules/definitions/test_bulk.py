"""Bulk activities and saved segments: what is accepted, and mistakes, each at its field (spec 2.9, 5)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.definitions.checking.check import check
from tests.rules.definitions.whole import LEFT_OUT, MUG, PROGRAM, SPRING, Document, changed

BULK: Document = {
    "kind": "activity",
    "type": "bulk",
    "code": "away",
    "name": "To those who are away",
    "segment": {"days_since_last_order": {"at_least": 60}},
    "schedule": {"every": "month", "at": "10:00", "on": 15},
    "gifts": [{"kind": "coupon", "coupon": "mug"}],
}
SAVED: Document = {"kind": "segment", "code": "dear", "name": "Dear ones", "segment": {"tag": "vip"}}


def problems(bulk: Document, *more: Document) -> list[tuple[str, str, bool]]:
    """(field, message, whether it is a warning) each, of the first."""
    found = check([bulk, PROGRAM, MUG, SAVED, *more])
    assert not any(any(not each.warning for each in others) for others in found[1:])
    return [(each.field, each.message, each.warning) for each in found[0]]


SEGMENTS: list[Any] = [
    "all",
    {"all": ["all", {"tag": "vip"}]},
    {"any": [{"tag": ["vip", 7]}, {"not": {"not": {"members": [17850, "ann"]}}}]},
    {"program": ["classic"]},
    {"level": ["classic/*", "classic/gold"]},
    {"registered": {"since": "2021-01-01T00:00:00Z", "before": None}},
    {"registered_channel": ["pos", "online"]},
    {"channel": "online"},
    {"birthday_month": ["current", 12]},
    {"spent": {"program": "classic", "below": 0}},
    {"orders": {"at_least": 1, "below": 3}},
    {"saved": ["dear"]},
]


@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_segment_is_accepted(segment: Any) -> None:
    assert problems(BULK | {"segment": segment}) == []
    assert problems(SAVED | {"code": "another", "segment": segment}) == []


@pytest.mark.parametrize(
    "schedule",
    [
        {"at": "2021-01-01T10:00:00+01:00"},
        {"every": "day", "at": "00:00"},
        {"every": "week", "at": "23:59", "on": "sunday"},
        {"every": "month", "at": "10:00", "on": 31},
    ],
)
def test_a_schedule_is_accepted(schedule: Any) -> None:
    assert problems(BULK | {"schedule": schedule}) == []


# (segment, field of the problem, what its message must say)
WRONG: list[tuple[Any, str, str]] = [
    ("everybody", "segment", "expected 'all', or an object"),
    ([], "segment", "got an empty list"),
    ({}, "segment", "expected one key, got none"),
    (
        {"tag": "vip", "orders": {"at_least": 1}},
        "segment",
        "expected one key, got 'tag' and 'orders': put several into {all: [..]}",
    ),
    ({"tags": "vip"}, "segment.tags", "did you mean 'tag'?"),
    ({"all": []}, "segment.all", "at least one"),
    ({"any": {"tag": "vip"}}, "segment.any", "expected a list"),
    ({"all": ["all", {"not": {"tag": []}}]}, "segment.all[1].not.tag", "empty list"),
    ({"not": None}, "segment", "expected one key"),
    ({"program": []}, "segment.program", "empty list"),
    ({"level": "gold"}, "segment.level", "expected program/level"),
    ({"level": ["classic/gold", "classic/"]}, "segment.level[1]", "expected program/level"),
    ({"tag": True}, "segment.tag", "got true"),
    ({"registered": {}}, "segment.registered", "has no bound: give since or before"),
    ({"registered": {"since": "2021-01-01"}}, "segment.registered.since", "offset"),
    ({"registered": {"after": "2021-01-01T00:00:00Z"}}, "segment.registered.after", "since and before"),
    ({"registered": "2021"}, "segment.registered", "expected an object"),
    ({"registered_channel": "kiosk"}, "segment.registered_channel", "pos or online"),
    ({"channel": ["pos", "fax"]}, "segment.channel[1]", "pos or online"),
    ({"birthday_month": 13}, "segment.birthday_month", "1 to 12, or current"),
    ({"birthday_month": [True]}, "segment.birthday_month[0]", "1 to 12"),
    ({"spent": {"program": "classic"}}, "segment.spent", "has no bound"),
    ({"spent": {"at_least": -1}}, "segment.spent.at_least", "integer of 0 or more"),
    ({"spent": {"at_least": 1, "program": 5}}, "segment.spent.program", "program's code"),
    ({"orders": {"at_least": 1.5}}, "segment.orders.at_least", "integer of 0 or more"),
    ({"orders": {"at_least": 1, "program": "classic"}}, "segment.orders.program", "not a field"),
    ({"days_since_last_order": 60}, "segment.days_since_last_order", "expected an object"),
    ({"members": []}, "segment.members", "empty list"),
    ({"saved": 5}, "segment.saved", "code of a saved segment"),
    ({"saved": "deer"}, "segment.saved", "no segment with the code 'deer'; did you mean 'dear'?"),
]


@pytest.mark.parametrize(("segment", "field", "said"), WRONG)
def test_a_mistake_in_a_segment_is_found_at_its_field(segment: Any, field: str, said: str) -> None:
    for document in (BULK | {"segment": segment}, SAVED | {"code": "another", "segment": segment}):
        found = problems(document)
        assert any(each[0] == field and said in each[1] and not each[2] for each in found), found


def test_what_nobody_can_be_in_is_warned_of() -> None:
    for segment in (
        {"program": "other"},
        {"level": "classic/golf"},
        {"level": "other/*"},
        {"spent": {"program": "other", "below": 1}},
    ):
        assert [warning for *_, warning in problems(BULK | {"segment": segment})] == [True], segment


def test_segments_that_lead_back_to_themselves_are_refused() -> None:
    one = SAVED | {"code": "one", "segment": {"saved": "two"}}
    two = SAVED | {"code": "two", "segment": {"not": {"any": ["all", {"saved": "one"}]}}}
    faults = check([one, two, PROGRAM])
    assert all("leads back to" in each.message for found in faults[:2] for each in found)
    assert all(faults[:2])


def test_what_is_nested_too_deep_is_refused() -> None:
    segment: Any = "all"
    for _ in range(30):
        segment = {"not": segment}
    assert any("nested more than" in message for _, message, _ in problems(BULK | {"segment": segment}))


# (path to change, value, field of the problem, what its message must say)
MISTAKES: list[tuple[str, Any, str, str]] = [
    ("segment", LEFT_OUT, "segment", "required"),
    ("schedule", LEFT_OUT, "schedule", "required"),
    ("gifts", LEFT_OUT, "gifts", "required"),
    ("schedule", {}, "schedule.at", "required"),
    ("schedule", {"at": "10:00"}, "schedule.at", "say every"),
    ("schedule", {"at": "2021-01-01T10:00:00"}, "schedule.at", "offset"),
    ("schedule", {"at": "2021-01-01T10:00:00Z", "on": 5}, "schedule.on", "leave it out"),
    ("schedule.every", "year", "schedule.every", "'day', 'week' or 'month'"),
    ("schedule.at", "24:00", "schedule.at", "time of the day"),
    ("schedule.at", 600, "schedule.at", "time of the day"),
    ("schedule.at", LEFT_OUT, "schedule.at", "required"),
    ("schedule.on", LEFT_OUT, "schedule.on", "from 1 to 31, got nothing"),
    ("schedule.on", 0, "schedule.on", "from 1 to 31"),
    ("schedule.on", "monday", "schedule.on", "from 1 to 31"),
    ("schedule", {"every": "week", "at": "10:00", "on": 1}, "schedule.on", "'monday'"),
    ("schedule", {"every": "day", "at": "10:00", "on": 1}, "schedule.on", "week and month only"),
    ("schedule.hour", 10, "schedule.hour", "'every', 'at' and 'on'"),
    ("condition", SPRING["condition"], "condition", "cumulative_spend only"),
    ("levels", ["classic/gold"], "levels", "tier_upgrade only"),
    ("channels", ["pos"], "channels", "a run is none"),
    ("not_with", {"coupons": "all"}, "not_with", "a run is none"),
    ("gifts.0.coupon", "mugs", "gifts[0].coupon", "did you mean 'mug'"),
]


@pytest.mark.parametrize(("path", "value", "field", "said"), MISTAKES)
def test_a_mistake_in_a_bulk_is_found_at_its_field(path: str, value: Any, field: str, said: str) -> None:
    found = problems(changed(BULK, path, value))
    assert any(each[0] == field and said in each[1] for each in found), found
