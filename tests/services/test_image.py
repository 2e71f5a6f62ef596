"""The image is built of what .dockerignore lets through: all that its steps need must be there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LET_THROUGH = [line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Docker is given to build of."""
    folder = tmp_path_factory.mktemp("context")
    for name in LET_THROUGH:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    return folder


def test_what_is_copied_is_there(context: Path) -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    assert all((context / name).exists() for names in copied for name in names.split())


def test_what_the_hot_modules_are_compiled_of_is_there(context: Path) -> None:
    code = "import devtools.compiled_tree as tree; print(tree._digest(), tree.ROOT, all((tree.ROOT / each).exists() for each in tree.HOT))"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=context, env={"PYTHONPATH": str(context)}, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.split()[1:] == [str(context), "True"]
