"""Which format a definition is written in: what a worker must know to judge by it (spec 2.1, 2.5)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rules.definitions.saved import FORMAT, NewerFormat, Saved, format_of, read_saved
from tests.oracle.examples import spend


@pytest.mark.parametrize(
    ("more", "needed"),
    [
        ({}, 1),
        ({"not_with": {"assets": ["points", "prepaid_balance"]}}, 1),
        ({"not_with": {"assets": ["points", "gift_card"]}}, 2),
        ({"not_with": {"assets": ["group_voucher"]}}, 2),
        ({"not_with": {"assets": [["gift_card"]]}}, 1),
        ({"not_with": "gift_card"}, 1),
    ],
)
def test_only_what_older_releases_do_not_know_is_of_a_newer_format(more: dict[str, Any], needed: int) -> None:
    assert format_of(spend(**more)) == needed <= FORMAT


def test_what_is_newer_than_this_release_is_not_judged_by() -> None:
    document = spend()
    saved = Saved(kind="activity", code="spend", version=1, saved_at_ms=5, format=FORMAT, document=document)
    assert read_saved(msgspec.json.encode(saved), 7).document == document
    with pytest.raises(NewerFormat, match=f"this release knows {FORMAT}"):
        read_saved(msgspec.json.encode(msgspec.structs.replace(saved, format=FORMAT + 1)), 7)
