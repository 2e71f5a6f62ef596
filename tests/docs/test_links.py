"""Whatever the pages point at is there: files, commands, targets of make, settings, packages."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.docs.pages import NAMES, ROOT, code
from tidemark.cli import COMMANDS
from tidemark.settings.settings import Settings

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = [link for link in _LINK.findall((ROOT / page).read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("page", NAMES)
def test_commands_exist(page: str) -> None:
    commands = {name for text in code(page) for name in re.findall(r"(?:^|&& |\(|\s)tidemark ([a-z][a-z-]+)", text)}
    assert commands <= set(COMMANDS)


@pytest.mark.parametrize("page", NAMES)
def test_targets_of_make_exist(page: str) -> None:
    there = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for text in code(page) for name in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", text)}
    assert named <= there


@pytest.mark.parametrize("page", NAMES)
def test_settings_exist(page: str) -> None:
    there = {f"TIDEMARK_{name.upper()}" for name in Settings.model_fields} | {"TIDEMARK_SETTINGS_FILE"}
    named = {name for text in code(page) for name in re.findall(r"TIDEMARK_[A-Z_]+[A-Z]", text)}
    assert named <= there


def test_every_package_is_accounted_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = {re.split(r"[<>=\[;]", each)[0] for each in [*project["dependencies"], *project["optional-dependencies"]["dev"]]}
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "dependencies.md").read_text("utf-8"), re.MULTILINE)
    named = {name.strip() for row in rows for name in row.split(",")}
    assert {package.lower() for package in packages} <= {name.lower() for name in named}
