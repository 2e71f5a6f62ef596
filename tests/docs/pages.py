"""The pages for people, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """The texts of a page's code blocks of a language."""
    return [text for found, text in _BLOCK.findall((ROOT / page).read_text("utf-8")) if found == language]


def code(page: str) -> Iterator[str]:
    """What is set as code in a page: blocks of shell, line by line without comments, and spans."""
    text = (ROOT / page).read_text("utf-8")
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            yield line.partition(" #")[0]
    yield from re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))
