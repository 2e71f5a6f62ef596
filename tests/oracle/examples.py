"""Small documents and definitions to compute by hand, each good in itself; keywords change what a test is about."""

from __future__ import annotations

import json
from typing import Any

from . import Options, Outcome, replay

Document = dict[str, Any]
GIFTS = [{"kind": "points", "points": 5, "release": "instant"}]


def at(day: int, clock: str = "12:00:00") -> str:
    """A time in 2024, `day` 1 being 1 January; `clock` may carry a fraction."""
    month, rest = 1, day
    for length in (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31):
        if rest <= length:
            break
        month, rest = month + 1, rest - length
    return f"2024-{month:02d}-{rest:02d}T{clock}+00:00"


def lines_of(*lines: tuple[str, int, int]) -> list[Document]:
    """(sku, quantity, amount) each."""
    return [{"sku": sku, "quantity": quantity, "amount": amount} for sku, quantity, amount in lines]


def order(order_id: str, placed_at: str, *lines: tuple[str, int, int], **more: Any) -> Document:
    document = {
        "type": "purchase",
        "order_id": order_id,
        "channel": "pos",
        "store_id": "n-1",
        "member_id": "ann",
        "placed_at": placed_at,
        "currency": "GBP",
        "lines": lines_of(*lines),
        "total": sum(amount for _, _, amount in lines) + more.get("fees", 0),
    }
    return document | more


def refund(refund_id: str, order_id: str | None, refunded_at: str, *lines: tuple[str, int, int], **more: Any) -> Document:
    document = order("", refunded_at, *lines)
    del document["placed_at"]
    return document | {"type": "refund", "refund_id": refund_id, "order_id": order_id, "refunded_at": refunded_at} | more


def program(*thresholds: int, **more: Any) -> Document:
    """Levels named one, two, three…"""
    names = ["one", "two", "three", "four"]
    levels = [{"code": name, "name": name, "threshold": threshold} for name, threshold in zip(names, thresholds, strict=False)]
    document = {"kind": "program", "code": "classic", "name": "Classic", "timezone": "UTC", "currency": "GBP"}
    return document | {"default": True, "enabled": True, "levels": levels} | more


def spend(mode: str = "every", threshold: int = 100, measure: str = "amount", **more: Any) -> Document:
    document = {
        "kind": "activity",
        "type": "cumulative_spend",
        "code": "spend",
        "name": "Spend",
        "condition": {"items": "any", "mode": mode, "measure": measure, "threshold": threshold},
        "gifts": GIFTS,
    }
    if "item_scope" in more:
        document["condition"] = document["condition"] | {"items": "designated"}  # type: ignore[operator]
    return document | more


def upgrade(*levels: str, **more: Any) -> Document:
    document = {"kind": "activity", "type": "tier_upgrade", "code": "up", "name": "Up", "levels": list(levels)}
    return document | {"gifts": GIFTS} | more


def play(definitions: list[Document], *documents: Document | bytes, options: Options | None = None) -> Outcome:
    raw = [entry if isinstance(entry, bytes) else json.dumps(entry).encode() for entry in documents]
    return replay(raw, definitions, options)


def ids(outcome: Outcome) -> list[str]:
    return sorted(outcome.grants)


def reasons(outcome: Outcome) -> list[str]:
    return [reason for reason, _ in outcome.dead_letters]
