"""The file of a handover."""

from __future__ import annotations

from pathlib import Path

import pytest

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
