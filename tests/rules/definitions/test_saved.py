"""A version as a record of the definitions topic: a change, or a plain save of before (spec 2.5, 6)."""

from __future__ import annotations

import json

import msgspec
import pytest

from rules.definitions.saved import FORMAT, NewerFormat, Saved, UnreadableSaved, read_saved, write_saved
from tests.oracle.examples import spend


def saved(**more: object) -> Saved:
    given = {"kind": "activity", "code": "spend", "version": 1, "saved_at_ms": 7, "saved_by": "eva", "format": FORMAT} | more
    return msgspec.convert(given, Saved)


@pytest.mark.parametrize("one", [saved(document=spend()), saved(change="pause"), saved(change="archive", version=9)])
def test_what_is_written_is_read(one: Saved) -> None:
    assert read_saved(write_saved(one), 7) == one


def test_it_is_the_one_document_of_a_change() -> None:
    assert json.loads(write_saved(saved(document=spend(), version=3))) == {
        "type": "change",
        "change": "save",
        "kind": "activity",
        "code": "spend",
        "version": 3,
        "saved_at": "1970-01-01T00:00:00.007000+00:00",
        "saved_by": "eva",
        "format": FORMAT,
        "document": spend(),
    }
    assert "document" not in json.loads(write_saved(saved(change="pause")))


def test_a_plain_save_of_before_stays_readable() -> None:
    before = {"kind": "activity", "code": "spend", "version": 2, "saved_at_ms": 5, "saved_by": "eva", "document": spend()}
    assert read_saved(json.dumps(before).encode(), 7) == saved(version=2, format=1, document=spend())


def test_its_time_is_the_record_s_and_saved_at_is_only_told() -> None:
    record = json.loads(write_saved(saved(document=spend()))) | {"saved_at": "whenever"}
    assert read_saved(json.dumps(record).encode(), 99).saved_at_ms == 99


@pytest.mark.parametrize("more", [{"change": "explode"}, {"change": "save", "document": None}, {"version": "two"}])
def test_what_is_no_change_is_told(more: dict[str, object]) -> None:
    record = json.loads(write_saved(saved(document=spend()))) | more
    with pytest.raises(UnreadableSaved):
        read_saved(json.dumps(record).encode(), 7)


def test_what_is_newer_than_this_release_is_not_judged_by() -> None:
    record = json.loads(write_saved(saved(change="pause"))) | {"format": FORMAT + 1}
    with pytest.raises(NewerFormat, match=f"this release knows {FORMAT}"):
        read_saved(json.dumps(record).encode(), 7)
