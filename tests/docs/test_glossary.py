"""The glossary explains words that are used, and no others."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "glossary.md"
ROOMS = ("agents", "broker", "docs", "rules", "sinks", "streams", "tables", "tidemark")
WORDS = [
    word.strip("`")
    for terms in re.findall(r"^\| \*\*(.+?)\*\*", PAGE.read_text("utf-8"), re.MULTILINE)
    for word in terms.split(", ")
]


@pytest.fixture(scope="module")
def text() -> str:
    """Of the program and its pages, but the glossary."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in {".py", ".md"} and path != PAGE]
    return "\n".join(path.read_text("utf-8") for path in files)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_used(word: str, text: str) -> None:
    assert re.search(rf"(?<!\w){re.escape(word)}", text, re.IGNORECASE)


def test_each_stands_once_and_says_what_it_is_elsewhere() -> None:
    rows = [row for row in PAGE.read_text("utf-8").splitlines() if row.startswith("| **")]
    assert len(set(WORDS)) == len(WORDS) > len(rows) > 20
    assert all(len([cell for cell in row.split(" | ") if cell.strip(" |")]) == 3 for row in rows)
