"""Which part a sample belongs to."""

from __future__ import annotations

import ast
import inspect

import pytest

from benchmarks.places import ROOT
from benchmarks.profile_section import PARTS
from benchmarks.sampler import Sampler

HERE = "tests/benchmarks/test_sampler.py"


def test_a_helper_counts_for_the_innermost_part_that_calls_it() -> None:
    sampler = Sampler({"outer": [(HERE, "_outer")], "inner": [(HERE, "_inner")]}, "rest")
    assert _helper(sampler) == "rest"
    assert _inner(sampler) == "inner"
    assert _outer(sampler) == "inner"


def test_of_a_file_that_is_a_part_what_is_named_is_another() -> None:
    sampler = Sampler({"file": [(HERE, None)], "helper": [(HERE, "_helper")]}, "rest")
    assert _outer(sampler) == "helper"
    assert sampler.part_at(inspect.currentframe()) == "file"


@pytest.mark.parametrize(("file", "function"), sorted({spot for spots in PARTS.values() for spot in spots}, key=str))
def test_what_the_profile_names_is_there(file: str, function: str | None) -> None:
    # What is not would silently be counted as the rest.
    code = ast.parse((ROOT / file).read_text())
    assert function is None or function in {
        each.name for each in ast.walk(code) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _outer(sampler: Sampler) -> str:
    return _inner(sampler)


def _inner(sampler: Sampler) -> str:
    return _helper(sampler)


def _helper(sampler: Sampler) -> str:
    return sampler.part_at(inspect.currentframe())
