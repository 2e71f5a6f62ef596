"""A folder of definitions, as commands take it."""

from __future__ import annotations

import sys
from pathlib import Path

from tidemark.definitions.files import sound_documents
from tidemark.terminal import say


def documents_of(folder: Path) -> list[dict[str, object]] | None:
    """Its documents; None where one of them is refused. What is wrong with them, or unwise, is said on standard error."""
    documents, problems = sound_documents(folder)
    for line in problems:
        say(line, sys.stderr)
    return documents
