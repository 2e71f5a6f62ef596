"""The contract's lives of campaigns through `tidemark replay` (spec 2.2 to 2.10, 4.3, 5, 1.7, 6)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rules.definitions.kinds import KINDS
from tests.examples.load import examples
from tests.examples.test_campaigns import NOT_COMPARED, compared, is_pending
from tests.replay.command import replay
from tidemark.replay.outputs.table import OUTPUTS

EXAMPLES = [each for each in examples("campaigns") if not is_pending(each["name"])]
# tests/examples plays all of them through the fold, which takes less.
QUICK = EXAMPLES[::6]


@pytest.mark.parametrize(
    "example", [pytest.param(each, id=each["name"], marks=[] if each in QUICK else pytest.mark.slow) for each in EXAMPLES]
)
def test_they_come_out_as_worked_out(tmp_path: Path, example: dict[str, Any]) -> None:
    definitions = [each for each in example["definitions"] if each["kind"] in KINDS]
    ran = replay(tmp_path, definitions, [json.dumps(document).encode() for document in example["documents"]])
    if "is not supported yet" in ran.said:
        pytest.xfail(ran.said)
    assert ran.code == 0, ran.said
    for name in OUTPUTS:
        expected = example["expect"].get(name)
        if expected is None:
            continue
        if name in NOT_COMPARED:
            expected = [{field: row[field] for field in row if field not in NOT_COMPARED[name]} for row in expected]
        came = ran.files[name] if name != "dead_letters" else [letter["reason"] for letter in ran.letters]
        assert compared(came, expected) == compared(expected, expected), name
