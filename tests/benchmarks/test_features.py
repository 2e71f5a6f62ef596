"""What a feature costs is measured where it is on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from benchmarks.features_section import FEATURES, NONE, Feature
from benchmarks.load import Shape, documents
from benchmarks.offline import fetches

ORDERS = 400


@pytest.mark.parametrize("feature", FEATURES, ids=[each.name for each in FEATURES])
def test_definitions_are_accepted_and_do_something_else(feature: Feature) -> None:
    assert _written(feature) != _written(NONE)


def _written(feature: Feature) -> list[bytes]:
    """What is committed and put out, under ids of definitions that are the same."""
    until = datetime(2026, 11, 1, tzinfo=UTC)
    offline = feature.offline(keep_writes=True)
    asyncio.run(offline.run(fetches(documents(Shape(until, members=20), ORDERS), int(until.timestamp() * 1000))))
    return [write.data[61:] for write in offline.writes]
