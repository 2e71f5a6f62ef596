"""`tidemark check DIR`."""

from __future__ import annotations

from pathlib import Path

from tidemark.definitions.files import check_definitions, has_errors, load_definitions, problem_lines
from tidemark.terminal import counted, say


def check(folder: Path, /) -> int:
    """Check every definition in a folder: what is wrong with each, by file and field; exit 1 if anything is."""
    loaded = load_definitions(folder)
    problems = check_definitions(loaded)
    for line in problem_lines(problems):
        say(line)
    if has_errors(problems):
        return 1
    say(f"{counted(len(loaded.documents), 'definition')}, nothing wrong")
    return 0
