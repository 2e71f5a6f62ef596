"""What the full pipeline must grant for a load, from the tests' oracle, which shares no rule with the product."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.load import Document
from benchmarks.topics import Identity
from tests import oracle
from tidemark.definition_files import load_definitions


def expected_grants(documents: Iterable[Document], folder: Path) -> set[Identity]:
    """Every grant that the documents must make under a folder of definitions, in whatever order the feeds are read.

    Raises RuntimeError when the oracle dead-letters any: the load has no bad documents, so one of the two is wrong.
    """
    definitions = [loaded.document for loaded in load_definitions(folder).documents]
    outcome = oracle.replay((document.value for document in documents), definitions)
    if outcome.dead_letters or outcome.held:
        raise RuntimeError(f"the load has bad documents: {(outcome.dead_letters or outcome.held)[:3]}")
    return {(grant["activity"], grant["member_id"], grant["ordinal"] or grant["level"]) for grant in outcome.grants.values()}
