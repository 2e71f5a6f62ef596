"""The benchmark's load: what it is made of decides what is measured."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.load import Shape, documents
from streams.decode import Limits, decode_strictly

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


def test_every_document_is_of_the_strict_form() -> None:
    # What is looked at twice costs more: figures of it would be of something else.
    load = documents(Shape(UNTIL, duplicates=0.05, refunds=0.05), 3_000)
    assert [each.value for each in load if decode_strictly(each.value, Limits(1 << 20, 5_000)) is None] == []


def test_a_shorter_load_is_the_beginning_of_a_longer_one() -> None:
    assert documents(Shape(UNTIL), 500) == documents(Shape(UNTIL), 1_000)[:500]
