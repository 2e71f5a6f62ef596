"""The contract's own examples through `tidemark replay` (spec 1.1 to 1.4, 6): those of one set of definitions in one run, each about a
member of its own.
"""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.examples.load import examples
from tests.oracle import replay as oracle
from tests.replay.command import replay

pytestmark = pytest.mark.slow

Example = dict[str, Any]


def _definitions(example: Example) -> str:
    return json.dumps(example["definitions"])


def _about(member_id: str, value: Any) -> Any:
    """As said of another than `ann`."""
    return json.loads(json.dumps(value).replace('"ann"', f'"{member_id}"').replace("/ann/", f"/{member_id}/"))


GROUPS = [list(group) for _, group in groupby(sorted(examples("orders"), key=_definitions), key=_definitions)]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0]["name"])
def test_they_come_out_as_worked_out(tmp_path: Path, group: list[Example]) -> None:
    told = [_about(f"ann-{number}", example) for number, example in enumerate(group)]
    lines = [json.dumps(document).encode() for example in told for document in example["documents"]]
    ran = replay(tmp_path, group[0]["definitions"], lines)
    assert ran.code == 0, ran.said
    assert [grant["grant_id"] for grant in ran.grants] == sorted(id for example in told for id in example["expect"]["grants"])
    reasons = sorted(reason for example in told for reason in example["expect"]["dead_letters"])
    assert sorted(reason for reason, _ in ran.dead_letters()) == reasons
    assert ran.differences(oracle(lines, group[0]["definitions"])) == []
