"""Each row of docs/guarantees.md names tests that are there and run, and no test of a promise is without a row."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guarantees.md"
# Rooms in which every file of tests is there for a promise.
ROOMS_OF_PROMISES = ("crash", "cluster", "delivery")


class Row(NamedTuple):
    """A promise and the files that show it."""

    promise: str
    files: tuple[Path, ...]


def rows() -> list[Row]:
    """Those of the table of tests."""
    _, _, after = PAGE.read_text("utf-8").partition("## The tests")
    table = [line for line in after.split("\n## ")[0].splitlines() if line.startswith("| ")][1:]
    found = []
    for line in table:
        promise, _, shown_by = line.strip("| ").partition(" | ")
        links = re.findall(r"\]\(([^)#]+)", shown_by)
        found.append(Row(promise, tuple((PAGE.parent / link).resolve() for link in links)))
    return found


ROWS = rows()


def functions_of(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The test functions of a file."""
    functions = [
        node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [function for function in functions if function.name.startswith("test_")]


def files_of(row: Row) -> list[Path]:
    """Those that it names, and those of a folder that it names."""
    return [file for named in row.files for file in ([named] if named.is_file() else sorted(named.rglob("test_*.py")))]


def test_the_table_is_found() -> None:
    assert len(ROWS) > 15
    assert len({row.promise for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row.promise[:60] for row in ROWS])
def test_a_promise_has_tests(row: Row) -> None:
    """Other files beside: what all tests of a pipeline assert, for instance."""
    assert all(file.is_relative_to(ROOT / "tests") and file.exists() for file in row.files)
    assert any(functions_of(file) for file in files_of(row))


@pytest.mark.parametrize("row", ROWS, ids=[row.promise[:60] for row in ROWS])
def test_none_of_them_is_left_out_or_expected_to_fail(row: Row) -> None:
    for file in files_of(row):
        said = re.findall(r"pytest\.(?:mark\.)?(?:skip|xfail)\b", file.read_text("utf-8"))
        assert said == [], file


def test_no_test_of_a_promise_is_without_a_row() -> None:
    named = {file for row in ROWS for file in files_of(row)}
    there = {file.resolve() for room in ROOMS_OF_PROMISES for file in (ROOT / "tests" / room).rglob("test_*.py")}
    assert there
    without = sorted(str(file.relative_to(ROOT)) for file in there - named)
    assert not without, f"give each a row in docs/guarantees.md: {without}"
