"""The contract's own lives of levels through `tidemark replay` (spec 3.1 to 3.5, 1.9, 1.10, 2.8, 6)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.examples.load import examples
from tests.examples.test_levels import place_of, told
from tests.replay.command import replay

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("example", examples("levels"), ids=lambda example: example["name"])
def test_it_comes_out_as_worked_out(tmp_path: Path, example: dict[str, Any]) -> None:
    lines = [json.dumps(document).encode() for document in example["documents"]]
    ran = replay(tmp_path, example["definitions"], lines)
    assert ran.code == 0, ran.said
    expected = example["expect"]
    assert told(ran.levels, expected["levels"]) == told(expected["levels"], expected["levels"])
    changes = ran.files["changes"]
    for member_id in {change["member_id"] for change in (*changes, *expected["changes"])}:
        mine = [each for each in expected["changes"] if each["member_id"] == member_id]
        assert told([each for each in changes if each["member_id"] == member_id], mine) == told(mine, mine)
    assert ran.grants == sorted(ran.grants, key=place_of)
    assert told(ran.grants, expected["grants"]) == told(expected["grants"], expected["grants"])
    assert [reason for reason, _ in ran.dead_letters()] == expected["dead_letters"]
