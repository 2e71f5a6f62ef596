"""The libraries' own calls are timed on what the fold hands them."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.library_calls import library_calls
from benchmarks.load import Shape, documents


def test_each_call_takes_some_of_an_order() -> None:
    until = datetime(2026, 11, 1, tzinfo=UTC)
    called = library_calls(documents(Shape(until, members=10), 200), int(until.timestamp() * 1000))
    assert [name for name, us in called if us <= 0] == []
