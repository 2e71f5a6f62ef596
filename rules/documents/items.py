"""What the lines of an order or a refund are by sku (spec 1.2, 2.2)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.documents.lines import Items, Line


def items_of(lines: Sequence[Line]) -> tuple[Items, int]:
    """The lines by sku: sku, pieces, amount in turn; and the sum of their amounts. Lines of amount 0 add no pieces."""
    if len(lines) == 1:
        line = lines[0]
        amount = line.amount
        return [line.sku, line.quantity if amount else 0, amount], amount
    items: Items = []
    total = 0
    for line in lines:
        amount = line.amount
        total += amount
        items += (line.sku, line.quantity if amount else 0, amount)
    if len(set(items[::3])) == len(lines):
        return items, total
    by_sku: dict[str, tuple[int, int]] = {}
    for line in lines:
        pieces, amount = by_sku.get(line.sku, (0, 0))
        by_sku[line.sku] = (pieces + (line.quantity if line.amount else 0), amount + line.amount)
    return [part for sku, (pieces, amount) in by_sku.items() for part in (sku, pieces, amount)], total
