"""Compiled code reads attributes as the interpreter does, by whatever name and of whatever type comes next (devtools/fast_attributes.h)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.compiled_tree import FIRST

pytestmark = [pytest.mark.slow, pytest.mark.compiler]

READING = """
from __future__ import annotations
from typing import Any

def x_of(each: Any) -> Any:
    return each.x

def by_name(each: Any, names: list[str]) -> list[Any]:
    return [getattr(each, name) for name in names]
"""
TRYING = """
import sys
from typing import Any
from msgspec import Struct
import reading

assert reading.__file__.endswith(".so")

class One(Struct, gc=False):
    x: Any
    y: int = 2

class Longer(One):
    z: int = 3

class Other(Struct):
    before: int
    x: Any

class Plain:
    def __init__(self) -> None:
        self.x = 5

class Slotted:
    __slots__ = ("x",)

class Computed(One):
    @property
    def x(self) -> str:
        return "computed"

def is_missing(each: Any) -> bool:
    try:
        reading.x_of(each)
    except AttributeError:
        return True
    return False

for _ in range(3):
    found = [reading.x_of(each) for each in (One(1), One("a"), Longer(2), Other(0, 9), Plain(), Computed(1))]
    assert found == [1, "a", 2, 9, 5, "computed"], found
    slotted = Slotted()
    assert is_missing(slotted) and is_missing(3)
    slotted.x = 4
    assert reading.x_of(slotted) == reading.x_of(slotted) == 4
    del slotted.x
    assert is_missing(slotted)
    assert reading.by_name(Longer(1), ["x", "y", "z", "x", "".join(("y",))]) == [1, 2, 3, 1, 2]

slotted.x = 4
assert reading.x_of(slotted) == 4
Slotted.x = property(lambda self: "changed")
assert reading.x_of(slotted) == "changed"
del Slotted.x
assert is_missing(slotted)

held, one = object(), One(None)
one.x = held
before = sys.getrefcount(held)
for _ in range(1_000):
    reading.x_of(one)
assert sys.getrefcount(held) == before
print("as the interpreter")
"""


def test_attributes_are_what_the_interpreter_finds(tmp_path: Path) -> None:
    (tmp_path / "reading.py").write_text(READING)
    (tmp_path / "trying.py").write_text(TRYING)
    flags = {**os.environ, "CFLAGS": f"-include {FIRST}", "MYPYC_OPT_LEVEL": "1", "PYTHONPATH": ""}
    for command in ([sys.executable, "-m", "mypyc", "reading.py"], [sys.executable, "trying.py"]):
        ran = subprocess.run(command, cwd=tmp_path, env=flags, capture_output=True, text=True, timeout=300, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout == "as the interpreter\n"
