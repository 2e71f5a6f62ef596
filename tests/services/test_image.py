"""The workers' image holds all that the workers run on, compiled: what its steps name is there, and is let through to them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from devtools.compiled_tree import TREE

ROOT = Path(__file__).resolve().parents[2]
_FOUND = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
PACKAGES = {pattern.removesuffix("*") for pattern in _FOUND}
# A step a line.
STEPS = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()
LET_THROUGH = {
    line.removeprefix("!").rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
}
COPIED = [step.split()[1:] for step in STEPS if step.startswith("COPY ")]


def _steps(word: str) -> list[str]:
    return [step.removeprefix(word).strip() for step in STEPS if step.startswith(f"{word} ")]


def test_the_packages_are_folders_here() -> None:
    assert PACKAGES and all((ROOT / package).is_dir() for package in PACKAGES)


def test_every_package_goes_into_the_image() -> None:
    first, *_ = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert first == "*" and LET_THROUGH >= PACKAGES


def test_every_package_is_compiled_to_bytecode_there() -> None:
    # Its user may not write beside the sources.
    [compiled] = [step for step in STEPS if "compileall -q " in step]
    assert set(compiled.split("compileall -q ")[1].split()) >= PACKAGES


@pytest.mark.parametrize("words", [words for words in COPIED if not words[0].startswith("--from")])
def test_what_is_copied_is_here_and_let_through(words: list[str]) -> None:
    for source in words[:-1]:
        assert (ROOT / source).exists()
        assert source == "." or source.rstrip("/") in LET_THROUGH


def test_each_stage_builds_on_one_before_and_all_on_one_python() -> None:
    known: set[str] = set()
    for step in _steps("FROM"):
        image, *name = step.split(" AS ")
        assert image in known or image.removesuffix("-slim") == "python:${PYTHON}"
        known.update(name)
    assert {words[0].removeprefix("--from=") for words in COPIED if words[0].startswith("--from=")} <= known


def test_the_copy_that_runs_is_the_compiled_one() -> None:
    steps = _steps("RUN")
    assert ".venv/bin/python -m devtools.compiled_tree" in steps
    assert "devtools/compiled_tree.py" in LET_THROUGH
    assert ["--from=compiled", f"/app/{TREE.relative_to(ROOT)}", "."] in COPIED
    [environment] = _steps("ENV")
    # The module that mypyc makes beside the packages is found nowhere else.
    assert "PYTHONPATH=/app" in environment.split()


def test_locks_and_tools_that_the_steps_name_are_here() -> None:
    named = {word for step in _steps("RUN") for word in step.split() if word.startswith(("requirements/", "devtools/"))}
    assert named >= {"requirements/runtime.lock", "requirements/dev.lock", "devtools/install_lock"}
    assert all((ROOT / name).exists() and {name, name.split("/")[0]} & LET_THROUGH for name in named)
