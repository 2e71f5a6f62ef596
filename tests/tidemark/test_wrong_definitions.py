"""Definitions with a mistake never reach a broker (spec 6, `check` and `publish`); the mistakes themselves: tests/rules/definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import nobody, tidemark
from tests.oracle.examples import program, spend


def folder_of(tmp_path: Path, **files: Any) -> Path:
    for name, document in files.items():
        (tmp_path / f"{name}.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return tmp_path


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"spend": spend(condition={"items": "any", "mode": "every", "measure": "amount", "treshold": 5})},
            ["spend.json: spend: condition.treshold", "did you mean 'threshold'?"],
        ),
        ({"spend": spend(), "other": spend(name="Other")}, ["another activity has the code 'spend'", "other.json"]),
        ({"spend": spend(programs=["clasic"])}, ["there is no program with the code 'clasic'; did you mean 'classic'?"]),
        ({"spend": '{"kind": "activity",'}, ["spend.json"]),
    ],
)
def test_a_mistake_is_said_by_file_and_field_and_nothing_is_published(
    tmp_path: Path, files: dict[str, Any], said: list[str]
) -> None:
    folder = folder_of(tmp_path, classic=program(1_000), **files)
    checked = tidemark("check", folder)
    assert checked.returncode == 1
    # Nobody listens there: it is not even asked.
    published = tidemark("publish", folder, brokers=nobody())
    assert published.returncode == 1 and "no broker" not in published.stderr
    for part in said:
        assert part in checked.stdout and part in published.stderr
    assert "Traceback" not in checked.stderr + published.stderr


def test_a_folder_without_a_mistake_passes(tmp_path: Path) -> None:
    ran = tidemark("check", folder_of(tmp_path, classic=program(1_000), spend=spend()))
    assert (ran.returncode, ran.stdout) == (0, "2 definitions, nothing wrong\n")
