"""What the full pipeline must grant for a load, from the tests' oracle, which shares no rule with the product."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.load import Document
from benchmarks.topics import Identity
from tests import oracle
from tests.oracle.replay import Replay
from tidemark.definitions.files import load_definitions


def expected_grants(documents: Iterable[Document], folder: Path) -> set[Identity]:
    """Every grant that the documents must make under a folder of definitions, in whatever order the feeds are read."""
    grants = outcome_of(documents, folder).grants.values()
    return {(grant["activity"], grant["member_id"], grant["ordinal"] or grant["level"]) for grant in grants}


def outcome_of(documents: Iterable[Document], folder: Path) -> oracle.Outcome:
    """All that must come of the documents, read in their order.

    Raises RuntimeError when the oracle dead-letters any: the load has no bad documents, so one of the two is wrong.
    """
    outcome = oracle.replay((document.value for document in documents), _definitions(folder))
    if outcome.dead_letters or outcome.held:
        raise RuntimeError(f"the load has bad documents: {(outcome.dead_letters or outcome.held)[:3]}")
    return outcome


def activities_counting(documents: Iterable[Document], folder: Path) -> float:
    """How many activities of the folder a purchase counts for (spec 2.3), on average."""
    replayed = Replay(_definitions(folder), oracle.Options())
    for document in documents:
        replayed.take(document.value)
    return float(sum(len(record["activities"]) for record in replayed.records) / len(replayed.records))


def _definitions(folder: Path) -> list[dict[str, Any]]:
    return [loaded.document for loaded in load_definitions(folder).documents]
