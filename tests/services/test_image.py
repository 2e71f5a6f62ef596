"""The workers' image holds all that the workers run on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FOUND = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
PACKAGES = {pattern.removesuffix("*") for pattern in _FOUND}


def test_the_packages_are_folders_here() -> None:
    assert PACKAGES and all((ROOT / package).is_dir() for package in PACKAGES)


def test_every_package_goes_into_the_image() -> None:
    first, *lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    let_through = {line.removeprefix("!").rstrip("/") for line in lines if line.startswith("!")}
    assert first == "*" and let_through >= PACKAGES


def test_every_package_is_compiled_to_bytecode_there() -> None:
    # Its user may not write beside the sources.
    compiled = re.search(r"compileall -q (.*)", (ROOT / "Dockerfile").read_text())
    assert compiled is not None and set(compiled[1].split()) >= PACKAGES
