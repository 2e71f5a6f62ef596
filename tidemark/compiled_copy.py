"""The copy of the program that `make compile` has made (devtools/compiled_tree.py): what a replay runs from, where it is of these files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
COPY = Path(".build", "compiled")
# In the copy, once it is made.
STAMP = ".compiled"
# What modules are compiled of. `tidemark` is not among them.
ROOMS = ("agents", "broker", "rules", "sinks", "streams", "tables")


def import_from_copy(root: Path = _ROOT) -> bool:
    """Has what is imported from here on come from the copy; whether there is one that is of the files as they are. Where modules of the
    rooms were imported before, all stays as it is: the two are not to be mixed.
    """
    copy = root / COPY
    if any(room in sys.modules for room in ROOMS) or not (copy / STAMP).exists():
        return False
    if any(_state(root / room) != _state(copy / room) for room in ROOMS):
        return False
    sys.path.insert(0, str(copy))
    return True


def is_compiled() -> bool:
    """Whether the program that runs is compiled."""
    from agents.fold import fold

    return not fold.__file__.endswith(".py")


def _state(folder: Path) -> set[tuple[str, int, int]]:
    """Of each file of Python its place, its size and when it was changed: copying leaves all three."""
    return {(str(Path(each).relative_to(folder)), found.st_size, found.st_mtime_ns) for each, found in _files(folder)}


def _files(folder: Path | str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path, entry.stat()
