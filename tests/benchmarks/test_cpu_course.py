"""A worker's CPU time for a part of its run."""

from __future__ import annotations

import pytest

from benchmarks.cpu_course import CpuCourse


def test_between_two_looks_cpu_is_used_evenly() -> None:
    course = CpuCourse([1_000.0, 2_000.0, 4_000.0], [5.0, 6.0, 7.0])
    assert [course.used_since(at_ms) for at_ms in (1_000, 1_500, 2_000, 3_000, 4_000)] == [2.0, 1.5, 1.0, 0.5, 0.0]


def test_what_was_used_before_the_first_look_is_not_known() -> None:
    with pytest.raises(ValueError, match="so early"):
        CpuCourse([1_000.0, 2_000.0], [5.0, 6.0]).used_since(999)
