"""The contract's own lives of levels, through the second implementation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.examples.load import examples

from .terms import play
from .times import parse, to_us

Document = dict[str, Any]


def in_us(row: Document) -> Document:
    return {
        name: to_us(parse(value)) if name in ("since", "occurred_at") and value is not None else value
        for name, value in row.items()
    }


@pytest.mark.parametrize("example", examples("levels"), ids=lambda example: example["name"])
def test_it_comes_out_as_worked_out(example: Document) -> None:
    played = play(example["documents"], example["definitions"])
    expected = example["expect"]

    def by_member(row: Document) -> tuple[str, str]:
        return row["member_id"], row["program"]

    levels = sorted(played.levels, key=by_member)
    for row in levels:
        # Of none after a level the spec gives a time, the examples give none.
        row["since"] = row["since"] if row["level"] is not None else None
    assert levels == sorted(map(in_us, expected["levels"]), key=by_member)
    changes = sorted(map(in_us, expected["changes"]), key=lambda row: row["member_id"])
    assert sorted(played.changes, key=lambda row: row["member_id"]) == changes
    assert sorted(map(str, played.grants)) == sorted(str(in_us(row)) for row in expected.get("grants", []))
    assert [reason for reason, _ in played.dead_letters] == expected.get("dead_letters", [])
