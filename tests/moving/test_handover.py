"""The file of a handover."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.topics import AGGREGATE_CHANGELOG, SOURCES
from tests.docs.pages import blocks
from tidemark.moving.faults import CannotMove
from tidemark.moving.handover import Handover, Owned, Tail, Whole, read_handover, write_handover


def test_what_is_written_is_read(tmp_path: Path) -> None:
    tails = {"pos.orders": Tail(120, 20, "ab"), "members": Tail(offset=7)}
    made = Handover(2, {"aggregate-changelog": {0: Owned(9, tails), 1: Owned()}}, Whole(3, "cd"))
    write_handover(made, tmp_path / "handover.json")
    assert read_handover(tmp_path / "handover.json") == made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no handover"),
        ('{"partitions": 2}', "missing required field `changelogs`"),
        ('{"partitions": 2, "changelogs": {"a": {"0": {"sources": {"b": {"ofset": 1}}}}}}', "unknown field `ofset`"),
        ('{"partitions": 2, "changelogs": {}, "format": 2}', "is of format 2, and this release reads 1"),
    ],
)
def test_what_is_none_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "handover.json").write_text(text)
    with pytest.raises(CannotMove, match=said):
        read_handover(tmp_path / "handover.json")


def test_the_one_on_the_page_says_where_every_source_is_read_on(tmp_path: Path) -> None:
    (text,) = [block for block in blocks("docs/operations.md", "text") if "changelogs" in block]
    (tmp_path / "handover.json").write_text(text)
    handover = read_handover(tmp_path / "handover.json")
    owned = handover.changelogs[AGGREGATE_CHANGELOG]
    assert len(owned) == handover.partitions
    assert all(each.sources.keys() == set(SOURCES) for each in owned.values())
