"""Gifts of an activity sent to a member to try them out (spec 2.9)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from rules.documents.fields import Id, Time
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind
from rules.documents.lines import Items
from rules.documents.tolerant.fields import Fields

MAX_VERSION = 2**53


class TestSend(Struct, gc=False, tag="test_send", tag_field="type", kw_only=True):
    """A test send: a test_id is sent to a member once. `version`: of the activity, that is not archived; left out: the newest."""

    # No test of pytest's.
    __test__ = False

    test_id: Id
    activity: Id
    member_id: Id
    sent_at: Time
    version: Annotated[int, Meta(ge=1, le=MAX_VERSION)] | None = None
    received_at: Time | None = None


def _read(fields: Fields) -> TestSend:
    """As tolerantly as may be."""
    return TestSend(
        test_id=fields.id("test_id"),
        activity=fields.id("activity"),
        member_id=fields.id("member_id"),
        sent_at=fields.time("sent_at"),
        version=fields.count_or_none("version", MAX_VERSION),
        received_at=fields.time_or_none("received_at"),
    )


def _check(_: TestSend, judging: Judging) -> tuple[Items, int, Assets]:
    """Whether there is such an activity is looked at when it is applied."""
    return [], 0, NO_ASSETS


KIND = Kind(
    shape=TestSend,
    read=_read,
    time_field="sent_at",
    check=_check,
    moves_clock=True,
)
