"""The page for who connects a till or a shop: each example is folded, and what comes of it is what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devtools.schemas import FOLDER
from streams.topics import ONLINE_ORDERS, POS_ORDERS
from tests.docs.pages import ROOT
from tests.docs.test_examples import definitions
from tests.folding import Folding

PAGE = "docs/connecting.md"
# Documents, and what is said to come of them.
EXAMPLE = re.compile(r"^```jsonl\n(.*?)^```\n\n^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = EXAMPLE.findall((ROOT / PAGE).read_text("utf-8"))
# Some days after the last of them.
NOW_MS = 1_772_668_800_000


def said(result: str) -> dict[str, str]:
    """By word: grants, spent, refused, zone."""
    return dict(line.split(": ", 1) for line in result.splitlines())


def test_every_block_of_documents_is_an_example() -> None:
    text = (ROOT / PAGE).read_text("utf-8")
    assert len(EXAMPLES) == text.count("```jsonl\n") == text.count("```text\n") > 12


@pytest.mark.parametrize(("documents", "result"), EXAMPLES)
def test_what_comes_of_an_example_is_what_the_page_says(documents: str, result: str, tmp_path: Path) -> None:
    expected = said(result)
    zones = {POS_ORDERS: ZoneInfo(expected["zone"])} if "zone" in expected else {}
    folding = Folding(definitions(PAGE, tmp_path), zones=zones)
    for line in documents.splitlines():
        folding.take(line.encode(), topic=ONLINE_ORDERS if "web_order" in json.loads(line) else POS_ORDERS, now_ms=NOW_MS)
    folding.turn()
    grants = sorted(grant["grant_id"] for grant in folding.grants())
    assert (" ".join(grants) or "none") == expected.get("grants", "none")
    assert sum(folding.spending().values()) == int(expected.get("spent", "0"))
    refused = [f"{letter['reason']} {letter['detail']}" for letter in folding.values("dead-letters")]
    assert len(refused) == ("refused" in expected)
    assert all(line.startswith(expected["refused"]) for line in refused)


@pytest.mark.parametrize("name", ["receipt.json", "web-order.json"])
def test_the_page_names_every_field_of_a_shape(name: str) -> None:
    text = (ROOT / PAGE).read_text("utf-8")
    found = fields_of(json.loads((FOLDER / name).read_text("utf-8"))) - {"type"}
    assert len(found) > 20
    assert [field for field in sorted(found) if f"`{field}`" not in text and f"{{{field}}}" not in text] == []


def fields_of(schema: object) -> set[str]:
    """The names of all fields that a schema describes."""
    if isinstance(schema, list):
        return {field for each in schema for field in fields_of(each)}
    if not isinstance(schema, dict):
        return set()
    inner = {field for key, each in schema.items() if key != "properties" for field in fields_of(each)}
    own = schema.get("properties", {})
    return inner | set(own) | fields_of(list(own.values()))
