"""The segment of a file, however it stands there (spec 5, `tidemark segment count`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tidemark.segments.files import NoSegment, read_segment

BULK = {"kind": "activity", "type": "bulk", "code": "b", "timezone": "Europe/London", "segment": {"tag": "vip"}}


@pytest.mark.parametrize(
    ("name", "text", "timezone"),
    [
        ("alone.yaml", "all\n", None),
        ("alone.yaml", "any: [{tag: vip}, {members: [17850]}]\n", None),
        ("alone.json", '"all"', None),
        ("saved.yaml", "{kind: segment, code: dear, name: D, segment: {not: all}}\n", None),
        ("bulk.json", json.dumps(BULK), "Europe/London"),
    ],
)
def test_it_is_found(tmp_path: Path, name: str, text: str, timezone: str | None) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert read_segment(tmp_path / name).timezone == timezone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tags: vip\n", "segment.tags: is not a predicate"),
        ("kind: program\n", "segment: expected 'all'"),
        ("all\n---\nall\n", "got 2 documents"),
        ("", "got 0 documents"),
        ("{a: 1, a: 2}\n", "twice"),
        (json.dumps(BULK | {"timezone": "Europe/Londn"}), "timezone: 'Europe/Londn' is not a timezone"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: Any, said: str) -> None:
    path = tmp_path / "segment.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(NoSegment, match=r"segment\.yaml") as refused:
        read_segment(path)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoSegment, match=r"there is no file .*none\.yaml: .*`\{saved: CODE\}` in it$"):
        read_segment(tmp_path / "none.yaml")


def test_a_byte_order_mark_is_nothing(tmp_path: Path) -> None:
    for name, text in (("a.json", '{"tag": "x"}'), ("b.yaml", "tag: x")):
        (tmp_path / name).write_text(text, "utf-8-sig")
        read_segment(tmp_path / name)
