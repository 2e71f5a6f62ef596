"""Tests that share what takes long to start go to one process."""

from __future__ import annotations

from pathlib import Path

from tests.services.together import FIRST, TOGETHER

ROOT = Path(__file__).resolve().parents[2]


def test_the_places_are_there() -> None:
    assert all((ROOT / place.partition("::")[0]).exists() for place in TOGETHER + FIRST)
