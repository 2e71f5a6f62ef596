"""Records of the definitions topic, to versions with their refs (spec 2.5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broker.wire.records import Record, UnreadableBatch
from rules.definitions.saved import FORMAT, NewerFormat
from streams.definitions import Versions


def value(code: str, **fields: Any) -> bytes:
    document = {"kind": "coupon", "code": code, "name": code, "value": 1, "currency": "GBP"}
    saved = {"kind": "coupon", "code": code, "version": 1, "saved_at_ms": 5, "saved_by": "eva", "document": document}
    return json.dumps(saved | fields).encode()


def taken(*values: bytes | None, offsets: list[int] | None = None) -> Versions:
    versions = Versions()
    for number, each in enumerate(values):
        offset = number if offsets is None else offsets[number]
        versions.take([Record(offset, 1_000 + number, b"key %d" % number, each, [])])
    return versions


def refs(versions: Versions) -> dict[str, int]:
    return {saved.code: ref for ref, saved in versions}


UNREADABLE = [
    b"",
    b"not JSON",
    b"[]",
    b'{"kind":"coupon"}',
    b'{"kind":"coupon","code":"x","version":1,"saved_at_ms":0,"document":[]}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"format":"two","document":{}}',
]


@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_a_record_that_is_no_version_is_counted_and_passed_over(unreadable: bytes) -> None:
    versions = taken(value("a"), unreadable, value("b"))
    assert refs(versions) == {"a": 0, "b": 2} and versions.unreadable == 1


def test_records_that_cannot_be_read_are_left_out_and_keep_their_refs() -> None:
    versions = taken(value("a"))
    versions.take([UnreadableBatch(3, 0, None, None, [], 1, 61, "digest", b"first", "damaged")])
    versions.take([Record(4, 1_000, b"key", value("b"), [])])
    assert refs(versions) == {"a": 0, "b": 4} and versions.unreadable == 1


def test_refs_are_the_records_own_numbers_wherever_they_stand() -> None:
    assert refs(taken(value("a"), value("b"), value("c"), offsets=[7, 9, 4711])) == {"a": 0, "b": 1, "c": 2}


def test_of_two_with_one_version_the_first_wins_and_its_time_is_the_broker_s() -> None:
    first, second = value("a", saved_by="eva"), value("a", saved_by="tom")
    ((ref, saved),) = taken(first, second)
    assert (ref, saved.saved_by, saved.saved_at_ms, saved.format) == (0, "eva", 1_000, 1)


def test_a_newer_format_ends_a_worker_and_says_which_release_is_needed() -> None:
    with pytest.raises(NewerFormat, match=r"run release '2\.0' or later"):
        taken(value("a"), value("b", format=FORMAT + 1, release="2.0"))
    # Whatever else the format changes.
    with pytest.raises(NewerFormat, match="run a newer release"):
        taken(json.dumps({"format": FORMAT + 1}).encode())


def test_a_kind_of_a_newer_release_is_a_version_all_the_same() -> None:
    assert refs(taken(value("a", kind="raffle"))) == {"a": 0}
