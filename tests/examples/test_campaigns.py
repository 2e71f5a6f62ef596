"""The contract's lives of campaigns through the fold, by the documents' clock as in a replay (spec 2.2 to 2.10, 4.3, 5, 1.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from rules.clock import DocumentsClock
from rules.definitions.kinds import KINDS
from streams.topics import MEMBERS, NOTIFICATIONS, POS_ORDERS, REFUSALS, RELEASES
from tests.examples.load import examples
from tests.folding import Folding
from tests.releases import release_rows

# Lives that need what is not built yet. Whoever builds it takes their names out: one that comes out all the same fails.
PENDING: Sequence[str] = ()
# Those that begin so.
PENDING_GROUPS: tuple[str, ...] = ()
# What an example expects that is compared; each is sorted as `tidemark replay` writes it. Whoever builds an output adds its name.
COMPARED = ("grants", "refused", "releases", "performance", "notifications", "levels", "dead_letters")
# Fields of what is compared that are not: the level alone (see the examples' README).
NOT_COMPARED = {"levels": ("since", "until", "by")}
TIMES = frozenset(("occurred_at", "released_at", "claimed_at", "valid_from", "valid_to", "at", "since"))


def outcome(folding: Folding) -> dict[str, Any]:
    """What came of an example, by what it is compared to."""
    return {
        "grants": sorted(folding.grants(), key=lambda grant: grant["grant_id"]),
        "refused": sorted(folding.values(REFUSALS), key=lambda grant: grant["grant_id"]),
        "releases": release_rows(folding.grants(), folding.values(RELEASES)),
        "notifications": sorted(folding.values(NOTIFICATIONS), key=lambda row: (row["grant_id"], row["at"], row["mini_program"])),
        "performance": folding.performance(),
        "levels": sorted(folding.levels(), key=lambda row: (row["program"], row["member_id"])),
        "dead_letters": folding.reasons(),
    }


def compared(came: Sequence[Any], expected: Sequence[Any]) -> Any:
    """What came, as far as the expected rows name its fields, with times as times."""
    if len(came) != len(expected):
        return came
    return [
        {name: _value(name, row.get(name)) for name in wanted} if isinstance(wanted, dict) else row
        for row, wanted in zip(came, expected, strict=True)
    ]


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in TIMES and isinstance(value, str) else value


def _params() -> list[Any]:
    pending = pytest.mark.xfail(strict=True, raises=AssertionError)
    return [
        pytest.param(each, id=each["name"], marks=pending if is_pending(each["name"]) else ()) for each in examples("campaigns")
    ]


def is_pending(name: str) -> bool:
    return name in PENDING or name.startswith(PENDING_GROUPS)


@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize("example", _params())
def test_it_comes_out_as_worked_out(example: dict[str, Any], turns: bool) -> None:
    """`turns`: whether each document is a turn of its own."""
    folding = Folding([each for each in example["definitions"] if each["kind"] in KINDS], DocumentsClock(), figures=True)
    assert folding.rulebook.left_out == []
    for document in example["documents"]:
        folding.take(document, topic=MEMBERS if document["type"] in ("member", "claim", "test_send") else POS_ORDERS)
        if turns:
            folding.turn()
    folding.turn()
    folding.end()
    came = outcome(folding)
    for name in COMPARED:
        expected = example["expect"][name]
        if name in ("grants", "refused"):
            expected = sorted(expected, key=lambda grant: grant["grant_id"])
        if name in NOT_COMPARED:
            expected = [{field: row[field] for field in row if field not in NOT_COMPARED[name]} for row in expected]
        assert compared(came[name], expected) == compared(expected, expected), name
