"""The contract's own examples, worked out by hand (spec 1.1 to 1.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.examples.load import examples

from .examples import ids, play, reasons


@pytest.mark.parametrize("example", examples("orders"), ids=lambda example: example["name"])
def test_it_comes_out_as_worked_out(example: dict[str, Any]) -> None:
    outcome = play(example["definitions"], *(json.dumps(document).encode() for document in example["documents"]))
    assert ids(outcome) == example["expect"]["grants"]
    assert reasons(outcome) == example["expect"]["dead_letters"]
