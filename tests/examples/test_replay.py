"""The contract's own examples through `tidemark replay`: those of one set of definitions in one run, each with members of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.examples.load import examples
from tests.replay.command import replay

pytestmark = pytest.mark.slow

Example = dict[str, Any]


def by_definitions() -> list[tuple[list[dict[str, Any]], list[tuple[int, Example]]]]:
    """Each set of definitions, and the examples of it with their numbers."""
    found: dict[str, list[tuple[int, Example]]] = {}
    for number, example in enumerate(examples("orders")):
        found.setdefault(json.dumps(example["definitions"]), []).append((number, example))
    return [(json.loads(definitions), listed) for definitions, listed in found.items()]


def of_its_own(text: str, number: int) -> str:
    """Ann is another one in each example."""
    return text.replace('"ann"', f'"ann-{number}"').replace("/ann/", f"/ann-{number}/")


@pytest.mark.parametrize(("definitions", "listed"), by_definitions())
def test_they_come_out_as_worked_out(definitions: list[dict[str, Any]], listed: list[tuple[int, Example]], tmp_path: Path) -> None:
    lines = [of_its_own(json.dumps(each), number).encode() for number, example in listed for each in example["documents"]]
    ran = replay(tmp_path, definitions, lines)
    assert ran.code == 0, ran.said
    expected = [of_its_own(grant, number) for number, example in listed for grant in example["expect"]["grants"]]
    assert sorted(grant["grant_id"] for grant in ran.grants) == sorted(expected)
    for number, example in listed:
        own = {of_its_own(json.dumps(each), number).encode() for each in example["documents"]}
        assert [reason for reason, raw in ran.dead_letters() if raw in own] == example["expect"]["dead_letters"], example["name"]
    assert len(ran.letters) == sum(len(example["expect"]["dead_letters"]) for _, example in listed)
