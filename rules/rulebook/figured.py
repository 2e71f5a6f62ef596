"""What the figures of an activity ask of it (spec 2.7)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from rules.definitions.cumulative_spend import CUMULATIVE_SPEND
from rules.rulebook.chains import Chain


class Figured(Struct, frozen=True, gc=False):
    """An activity that was launched. `by_grants`: whether its orders are those that used a coupon that it gave, and its members those who
    were granted something: of all but cumulative_spend.
    """

    code: str
    first_ref: int
    currency: str
    by_grants: bool


def figured_of(chains: Iterable[Chain]) -> dict[str, Figured]:
    """By code; `chains`: of activities."""
    found: dict[str, Figured] = {}
    for chain in chains:
        if chain.in_force:
            newest = chain.in_force[-1]
            found[newest.code] = Figured(newest.code, newest.first_ref, newest.currency, chain.kind is not CUMULATIVE_SPEND)
    return found
