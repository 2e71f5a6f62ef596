"""What the published schemas of the feeds' own shapes accept, the decoder accepts, and the other way round (spec 1.1)."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from devtools.schemas import FOLDER
from streams.decode import NO_LIMITS, Malformed, decode
from streams.feeds.feed import PassedOver
from tests.docs.from_schema import Maker, parsed, validator, written
from tests.streams.feeds.shapes import receipt, web_order
from tests.thorough import seeds

NAMES = ("receipt.json", "web-order.json")
TEXTS = {name: (FOLDER / name).read_text("utf-8") for name in NAMES}
SCHEMAS = {name: parsed(text) for name, text in TEXTS.items()}
VALID = {name: validator(text).is_valid for name, text in TEXTS.items()}
GOOD: dict[str, list[dict[str, Any]]] = {
    "receipt.json": [receipt(), receipt(kind="RETURN", returns={"number": 5}), receipt(kind="VOID")],
    "web-order.json": [web_order(), web_order(event="returned", return_of="w-9")],
}
# What is put in the place of what a good one has.
VALUES: list[Any] = [
    *(
        None,
        "",
        "x",
        "-1",
        "0.350",
        "-0.5",
        "1.2345",
        0,
        1,
        -1,
        10**15,
        10**15 + 1,
        10**40,
        True,
        False,
        [],
        {},
        [None],
        [1],
        ["x"],
        [{}],
    ),
    *("2024-01-01T12:00:00+00:00", "2024-02-30T12:00:00Z", "2023-02-29T12:00:00Z", "2024-02-29T12:00Z", "2024-01-01T24:00:00Z"),
    *("2024-01-01T12:00:60Z", "2024-01-01 12:00:00,5+01", "0000-01-01T00:00:00Z", "2024-01-01T12:00:00"),
    *("SALE", "RETURN", "VOID", "GIFT_CARD", "points", "returned"),
    [{"plu": "x", "qty": -1, "net": -5}],
    [{"plu": "x", "qty": 1, "net": -5}],
    [{"voided": True}],
    [{"sku": 1, "quantity": "1", "line_total": 0}],
]


SEEDS = seeds(5, quick=1)


def refusal(data: bytes) -> str | None:
    """Why it is not taken; None where it is a document, or asks for nothing. What must hold of its fields together is looked at later."""
    try:
        decode(data, NO_LIMITS)
    except PassedOver:
        pass
    except Malformed as malformed:
        return str(malformed)
    return None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_schema_accepts_is_taken(name: str, seed: int) -> None:
    maker = Maker(SCHEMAS[name], random.Random(f"{name} {seed}"))
    for _ in range(40):
        raw = written(maker.make(SCHEMAS[name]))
        assert VALID[name](parsed(raw)), raw
        assert refusal(raw) is None, raw


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_document_that_is_changed_is_taken_just_when_the_schema_accepts_it(name: str, seed: int) -> None:
    rng = random.Random(f"changed {name} {seed}")
    for _ in range(80):
        document = copy.deepcopy(rng.choice(GOOD[name]))
        for _ in range(rng.randint(1, 3)):
            change(document, rng)
        raw = written(document)
        assert (refusal(raw) is None) == VALID[name](parsed(raw)), (raw, refusal(raw))


def change(document: dict[str, Any], rng: random.Random) -> None:
    """Puts something else into a place of the document, or takes what is there away."""
    node: Any = document
    while True:
        key = rng.choice(sorted(node) if isinstance(node, dict) else range(len(node)))
        if isinstance(node[key], dict | list) and node[key] and (node is document or rng.random() < 0.7):
            node = node[key]
            continue
        if isinstance(node, dict) and rng.random() < 0.2:
            del node[key]
        else:
            node[key] = copy.deepcopy(rng.choice(VALUES))
        return
