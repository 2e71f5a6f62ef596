"""`tidemark segment count` over all partitions (spec 5, 6)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from broker.embedded import EmbeddedBroker
from tests.command import tidemark
from tests.oracle.examples import at, order, program
from tests.standing import Standing

DEAR = {"kind": "segment", "code": "dear", "name": "Dear", "segment": {"spent": {"at_least": 200}}}


def test_members_are_counted_and_a_segment_that_nobody_saved_is_named(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    documents = [order(f"o{n}", at(1), ("x", 1, 50 * n), member_id=f"m{n}") for n in range(1, 9)]
    asked = tmp_path / "segment.json"
    with EmbeddedBroker() as broker:
        standing = Standing(broker.servers, tmp_path_factory.mktemp("definitions"), [program(100), DEAR], documents)
        asked.write_text(json.dumps({"saved": "dear"}))
        assert standing.said("segment", "count", asked) == "5 of 8 members\n"
        asked.write_text(json.dumps({"any": [{"saved": ["dear", "deer"]}, {"members": "m1"}]}))
        ran = standing.run("segment", "count", asked)
        assert ran.stdout == "6 of 8 members\n" and "there is no saved segment 'deer': nobody is in it" in ran.stderr
        assert json.loads(standing.said("segment", "count", asked, "--json"))["not_saved"] == ["deer"]


def test_what_is_wrong_is_said_a_line_each(tmp_path: Path) -> None:
    asked = tmp_path / "segment.json"
    asked.write_text(json.dumps({"any": [{"levl": "classic/gold"}, {"tags": "vip"}]}))
    ran = tidemark("segment", "count", asked)
    assert ran.returncode == 1 and ran.stderr.count("\n") == 2 and "did you mean 'level'?" in ran.stderr
