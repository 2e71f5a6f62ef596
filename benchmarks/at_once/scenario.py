"""What comes of very many members at one instant: what they are before it, and on which topic it is told of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.places import DEFINITIONS
from tidemark.definitions.files import load_definitions

Json = dict[str, Any]
# All are known by it, from the orders' members beside them.
PREFIX = "many-"


@dataclass(frozen=True)
class Scenario:
    """`document`: what makes a member one of them, by his number and the instant, and its topic. `told_on`: the topic of what comes of
    each, `one_in` of whom something does. `definitions`: by file, beside or in place of the benchmarks' own, which hold from the
    beginning; `changed`: those that come to hold at the instant, for the members who are there (spec 3.6).
    """

    name: str
    told_on: str
    document: Callable[[int, datetime], tuple[str, Json]]
    definitions: Callable[[datetime], Mapping[str, Json]] = lambda _: {}
    changed: Callable[[datetime], Mapping[str, Json]] = lambda _: {}
    one_in: int = 1


def member_of(number: int) -> str:
    """The id of the member of a number."""
    return f"{PREFIX}{number}"


def purchase(number: int, placed: datetime, amount: int, channel: str = "online", store_id: str = "s-001") -> tuple[str, Json]:
    """An order of one line, and its feed."""
    document = {
        "type": "purchase",
        "order_id": f"many-o{number}",
        "channel": channel,
        "store_id": store_id,
        "member_id": member_of(number),
        "placed_at": placed.isoformat(),
        "currency": "GBP",
        "lines": [{"sku": "x", "quantity": 1, "amount": amount}],
        "total": amount,
    }
    return f"{channel}.orders", document


def own_program() -> Json:
    """The benchmarks' own program, as it is written."""
    (loaded,) = load_definitions(DEFINITIONS / "program.yaml").documents
    return loaded.document
