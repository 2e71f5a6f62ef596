"""The copy that is compiled, where the compiler is out of order."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from devtools import compiled_tree


@pytest.mark.parametrize(
    ("complaints", "made"),
    [
        (['x.py:9: error: Cannot determine type of "KIND"  [has-type]'], True),
        (['x.py:9: error: Cannot determine type of "KIND"  [has-type]'] * 3, False),
        (["x.py:9: error: Incompatible return value type  [return-value]"], False),
    ],
)
def test_modules_looked_at_out_of_order_are_looked_at_again_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complaints: list[str], made: bool
) -> None:
    left = list(complaints)

    def mypyc(command: list[str], cwd: Path, stdout: Any, **_: Any) -> subprocess.CompletedProcess[bytes]:
        assert not (cwd / ".mypy_cache").exists()
        for folder in (".mypy_cache", "build"):
            (cwd / folder).mkdir(exist_ok=True)
        if not left:
            return subprocess.CompletedProcess(command, 0)
        stdout.write(left.pop(0).encode())
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(compiled_tree, "missing", lambda: None)
    monkeypatch.setattr(compiled_tree, "LOG", tmp_path / "log")
    monkeypatch.setattr(compiled_tree.subprocess, "run", mypyc)
    if made:
        assert compiled_tree._compile(tmp_path / "tree", optimized=False) == tmp_path / "tree"
    else:
        with pytest.raises(RuntimeError, match="mypyc failed"):
            compiled_tree._compile(tmp_path / "tree", optimized=False)
    assert not left
