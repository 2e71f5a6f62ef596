"""The contract's own examples through the fold, by the documents' clock as in a replay (spec 1.1 to 1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import ONLINE_ORDERS, POS_ORDERS
from tests.examples.load import examples
from tests.folding import Folding


@pytest.mark.parametrize("example", examples("orders"), ids=lambda example: example["name"])
@pytest.mark.parametrize("turns", [False, True])
def test_it_comes_out_as_worked_out(example: dict[str, Any], turns: bool) -> None:
    folding = Folding(example["definitions"], DocumentsClock())
    assert folding.rulebook.left_out == []
    for document in example["documents"]:
        folding.take(document, topic=ONLINE_ORDERS if "web_order" in document else POS_ORDERS)
        if turns:
            folding.turn()
    folding.turn()
    assert sorted(grant["grant_id"] for grant in folding.grants()) == example["expect"]["grants"]
    assert folding.reasons() == example["expect"]["dead_letters"]
    levels = {each["member_id"]: each["level"] for each in folding.levels() if each["level"] is not None}
    assert levels == example["expect"]["levels"]
