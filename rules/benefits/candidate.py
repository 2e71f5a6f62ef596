"""What may be used with a cart, and what is known of the cart for that (spec 3.10)."""

from __future__ import annotations

from msgspec import Struct

from rules.benefits.benefit import Benefit, Requires, Stack
from rules.benefits.kinds import kind_of_benefit
from rules.benefits.worth import Worth


class CartSums(Struct, frozen=True):
    """What a cart's lines come to (minor units, pieces), what its delivery costs, and the codes that it names."""

    amount: int
    pieces: int
    delivery: int = 0
    codes: frozenset[str] = frozenset()


class Candidate(Struct, frozen=True):
    """A benefit that a member has. `id`: no two of his have the same: `program/level/benefit` or `organization/benefit`, and of one that
    was issued what follows there. `code`: of one that was issued; the others apply by themselves.
    """

    id: str
    name: str
    worth: Worth
    requires: Requires | None = None
    stack: Stack = Stack()
    code: str | None = None

    @property
    def coded(self) -> bool:
        """Whether it was issued."""
        return self.code is not None

    def is_met(self, cart: CartSums) -> bool:
        """Whether the cart has what it requires."""
        if self.requires is None:
            return True
        least_amount, least_pieces = self.requires.min_amount, self.requires.min_quantity
        return cart.amount >= (least_amount or 0) and cart.pieces >= (least_pieces or 0)


def candidate(benefit: Benefit, id_: str, code: str | None = None) -> Candidate | None:
    """Of a benefit; None where it is text, and nothing is taken off for it."""
    worth = kind_of_benefit(benefit).worth
    if worth is None:
        return None
    requires = benefit.requires if isinstance(benefit.requires, Requires) else None
    return Candidate(id_, benefit.name, worth(benefit), requires, benefit.stack, code)
