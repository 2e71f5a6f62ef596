"""Lines that are not simply sold: goods given back in the same sale, discounts of the basket, weighed goods (spec 1.1).

Which a line is, its signs say: goods given back have a quantity below 0, a discount an amount below 0 and no such quantity.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from rules.documents.items import items_of
from rules.documents.lines import Items, Line, WeighedLine


def is_given_back(line: Line) -> bool:
    """Whether the line is of goods that were given back."""
    return line.quantity < 0


def is_discount(line: Line) -> bool:
    """Whether the line is a discount of the basket."""
    return line.quantity >= 0 and line.amount < 0


def is_plain(line: Line) -> bool:
    """Whether the line is sold by the piece, as all are in the strict form."""
    return type(line) is Line and line.quantity >= 0 and line.amount >= 0


def sold(lines: Sequence[Line]) -> list[Line]:
    """The lines that were sold, net of the discounts of the basket."""
    kept = [line for line in lines if not is_given_back(line) and not is_discount(line)]
    discount = -sum(line.amount for line in lines if is_discount(line))
    if not discount:
        return kept
    amounts = after_discount([line.amount for line in kept], discount)
    return [structs.replace(line, amount=amount) for line, amount in zip(kept, amounts, strict=True)]


def after_discount(amounts: Sequence[int], discount: int) -> list[int]:
    """What is left of each amount (0 or more) when a discount is taken off them: in proportion to them, rounded down, what is left over
    one unit each from the first on; never below 0.
    """
    whole = sum(amounts)
    if discount >= whole:
        return [0] * len(amounts)
    left = [amount - discount * amount // whole for amount in amounts]
    over = discount - (whole - sum(left))
    for place, amount in enumerate(left):
        if over and amount:
            left[place] -= 1
            over -= 1
    return left


def given_back(lines: Sequence[Line]) -> tuple[Items, int]:
    """What was given back, by sku (see `items_of`), in figures of 0 or more; and the sum of its amounts."""
    return items_of([Line(line.sku, -line.quantity, -line.amount) for line in lines if is_given_back(line)])


def weighed_pieces(lines: Sequence[Line]) -> dict[str, int]:
    """By sku, how many of the pieces that were sold are weighed lines, where any are."""
    found: dict[str, int] = {}
    for line in sold(lines):
        if isinstance(line, WeighedLine) and line.amount:
            found[line.sku] = found.get(line.sku, 0) + 1
    return found
