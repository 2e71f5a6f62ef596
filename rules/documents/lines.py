"""The lines of an order or a refund (spec 1.1, 1.2)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from rules.documents.fields import MAX_QUANTITY, Amount, Id


class Line(Struct, gc=False):
    """One line: `amount` in minor units, net of the line's discounts. In the strict form neither is below 0; see `rules.documents.baskets`
    for what they are in the tolerant one.
    """

    sku: Id
    quantity: Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]
    amount: Amount


class WeighedLine(Line, gc=False):
    """A line of weighed goods, which is one piece (of quantity -1 where it was given back); how much it is, in `thousandths`."""

    thousandths: int


# By sku: sku, pieces, amount in turn.
Items = list[str | int]
