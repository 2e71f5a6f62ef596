"""The contract's own lives of campaigns, through the second implementation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.examples.load import examples

from .campaigns import play
from .campaigns.rows import differences


@pytest.mark.parametrize("example", examples("campaigns"), ids=lambda example: example["name"])
def test_it_comes_out_as_worked_out(example: dict[str, Any]) -> None:
    played = play(example["documents"], example["definitions"])
    expected = dict(example["expect"])
    reasons = expected.pop("dead_letters")
    assert differences(played, expected) == []
    assert [reason for reason, _ in played.dead_letters] == reasons
