"""A cart, of which the best discount is asked (spec 3.10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rules.benefits.candidate import CartSums
from rules.definitions.checking.fault import Fault, shown
from rules.definitions.fields import Amount, Currency, Time
from rules.documents.fields import CHANNELS

_WEIGHT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,3}))?")
Id = Annotated[str, Meta(min_length=1, max_length=256)]


class CartLine(Struct, frozen=True, forbid_unknown_fields=True):
    """`quantity`: pieces, or a weight as text, which is one piece. `amount`: minor units, net of the line's own discounts."""

    sku: Id
    quantity: Amount | str
    amount: Amount


class Cart(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`fees`: what its delivery costs. `codes`: of issued benefits, as whoever buys it names them. `at`: when it is bought; left
    out: now.
    """

    channel: Literal["pos", "online", "kiosk", "app", "web"]
    currency: Currency
    lines: Annotated[tuple[CartLine, ...], Meta(min_length=1, max_length=5_000)]
    member_id: Id | None = None
    store_id: Id | None = None
    terminal_id: Id | None = None
    at: Time | None = None
    fees: Amount = 0
    codes: Annotated[tuple[str, ...], Meta(max_length=100)] = ()

    @property
    def at_till(self) -> bool:
        """Whether it is bought at one."""
        return self.sold_on == "pos"

    @property
    def sold_on(self) -> str:
        """The channel: pos or online."""
        return CHANNELS[self.channel]

    def sums(self) -> CartSums:
        """What is looked at of it."""
        pieces = sum(_pieces(line.quantity) for line in self.lines)
        return CartSums(sum(line.amount for line in self.lines), pieces, self.fees, frozenset(map(normal, self.codes)))


def cart_faults(cart: Cart) -> Iterator[Fault]:
    """What is wrong with one of the right shape."""
    for position, line in enumerate(cart.lines):
        if isinstance(line.quantity, str) and _WEIGHT.fullmatch(line.quantity) is None:
            yield Fault(
                f"lines[{position}].quantity", f"expected pieces, or a weight of up to 3 decimals; got {shown(line.quantity)}"
            )


def _pieces(quantity: int | str) -> int:
    if isinstance(quantity, int):
        return quantity
    found = _WEIGHT.fullmatch(quantity)
    assert found is not None, "looked at by cart_faults"
    return 1 if int(found[2] or 0) else int(found[1])


def normal(code: str) -> str:
    """A code as it is kept, however it was typed."""
    return code.strip().upper()
