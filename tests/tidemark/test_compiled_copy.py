"""A replay runs from the compiled copy where it is of the files as they are, and only then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tidemark.compiled_copy import COPY, ROOMS, STAMP, import_from_copy

ASK = """
import sys
from pathlib import Path
import tidemark.cli
from tidemark.compiled_copy import import_from_copy
taken = import_from_copy(Path(sys.argv[1]))
import rules
print(taken, rules.__file__)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Of rooms with a file each, and a copy of them."""
    for room in ROOMS:
        (tmp_path / room / "inner").mkdir(parents=True)
        (tmp_path / room / "__init__.py").write_text("")
        (tmp_path / room / "inner" / "some.py").write_text(f"NAME = {room!r}\n")
        shutil.copytree(tmp_path / room, tmp_path / COPY / room)
    (tmp_path / COPY / STAMP).write_text("")
    return tmp_path


def imported(checkout: Path) -> tuple[bool, Path]:
    """Whether the copy was taken, by a process that has imported the command line; and where a room then comes from."""
    ran = subprocess.run([sys.executable, "-c", ASK, str(checkout)], capture_output=True, text=True, check=True, timeout=60)
    taken, file = ran.stdout.split()
    return taken == "True", Path(file)


def test_rooms_come_from_a_copy_of_the_files_as_they_are(checkout: Path) -> None:
    assert imported(checkout) == (True, checkout / COPY / "rules" / "__init__.py")


def test_they_do_not_from_one_that_was_not_finished(checkout: Path) -> None:
    (checkout / COPY / STAMP).unlink()
    taken, file = imported(checkout)
    assert not taken and not file.is_relative_to(checkout)


@pytest.mark.parametrize("change", ["written", "touched", "added", "removed"])
def test_nor_from_one_of_other_files(checkout: Path, change: str) -> None:
    file = checkout / "sinks" / "inner" / "some.py"
    if change == "written":
        file.write_text("NAME = 'another'\n")
    elif change == "touched":
        os.utime(file, ns=(1, 1))
    elif change == "added":
        file.with_name("another.py").write_text("")
    else:
        file.unlink()
    assert not imported(checkout)[0]


def test_where_rooms_were_imported_the_two_are_not_mixed(checkout: Path) -> None:
    import rules

    before = list(sys.path)
    assert rules and not import_from_copy(checkout)
    assert sys.path == before
