"""Every figure is in one table, with what it means; docs/operations.md has the same."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client import REGISTRY, generate_latest

from agents import metrics

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def row(figure: metrics.Figure) -> str:
    """As it stands on the page."""
    labels = f"{{{', '.join(figure.labels)}}}" if figure.labels else ""
    return f"| `{figure.name}{labels}` | {figure.kind} | {figure.unit} | {figure.meaning} |"


def test_the_page_has_the_table() -> None:
    found = [line for line in OPERATIONS.read_text("utf-8").splitlines() if line.startswith("| `tidemark_")]
    assert found == [row(figure) for figure in metrics.FIGURES]


def test_no_figure_is_outside_the_table() -> None:
    names = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("tidemark_")}
    assert names == {figure.name.removesuffix("_total") for figure in metrics.FIGURES}


def test_no_series_says_when_another_was_created() -> None:
    metrics.REFUSED.labels("pos.orders", "invalid").inc(0)
    assert not re.search(rb"^tidemark_\w+_created", generate_latest(), re.M)
