"""docs/performance.md: figures are written anew, prose is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import page

RESULT = {
    "command": "python -m benchmarks",
    "day": "2026-01-01",
    "machine": "two cores",
    "rounds": 3,
    "tables": [{"title": "Memory", "columns": ["", "median"], "rows": [["bytes an order kept", "100"]]}],
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(page, "PLOT", tmp_path / "performance.svg")
    return tmp_path / "performance.md"


def test_only_what_stands_between_the_markers_is_written_anew(written: Path) -> None:
    written.write_text(f"before\n{page.BEGIN}\nold figures\n{page.END}\nafter\n")
    page.write_page({"memory": RESULT})
    text = written.read_text()
    assert text.startswith(f"before\n{page.BEGIN}\n") and text.endswith(f"\n{page.END}\nafter\n")
    assert "old figures" not in text
    assert "## Memory\n\n`python -m benchmarks` on 2026-01-01: two cores; 3 rounds.\n" in text
    assert "|  | median |\n|---|---:|\n| bytes an order kept | 100 |\n" in text


def test_a_page_without_its_markers_is_left_alone(written: Path) -> None:
    written.write_text("prose only\n")
    with pytest.raises(RuntimeError, match="has lost its markers"):
        page.write_page({"memory": RESULT})
    assert written.read_text() == "prose only\n"
