"""The best permitted combination of benefits for a cart, and the others to choose from (spec 3.10).

Two may be combined where each allows the other, and what a rule allows is a class of others: those that apply by themselves, or those with
a code. So the largest combinations are few and known, and need no search: see `_largest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from rules.benefits.candidate import Candidate, CartSums

# Of one member: what he has by levels and organization, and what was issued to him. Combinations grow with their square.
CANDIDATES_MAX = 256
OTHERS_MAX = 100


class Combination(Struct, frozen=True):
    """What is used together, by id. `off`: off the lines, minor units; `delivery`: off what that costs. `named`: how many of them the cart
    names by their code.
    """

    used: tuple[Candidate, ...]
    off: int
    delivery: int
    named: int

    @property
    def total(self) -> int:
        """All that is taken off."""
        return self.off + self.delivery


class Quote(Struct, frozen=True):
    """`others`: best first, each benefit in one of them at least, by itself if need be; nothing used is the last."""

    best: Combination
    others: tuple[Combination, ...]


class TooMany(Exception):
    """More benefits than are looked at."""


def quote(candidates: Iterable[Candidate], cart: CartSums) -> Quote:
    """What a member has, with a cart. Raises TooMany."""
    usable = [each for each in candidates if each.is_met(cart) and combined((each,), cart).total]
    if len(usable) > CANDIDATES_MAX:
        raise TooMany(f"expected at most {CANDIDATES_MAX} benefits that can be used with a cart; there are {len(usable)}")
    singles = [combined((each,), cart) for each in usable]
    largest = sorted((_needed(each, cart) for each in _largest(usable)), key=_order)
    best = largest[0] if largest else combined((), cart)
    others = {each.used: each for each in (*largest[1:], *singles, combined((), cart))}
    others.pop(best.used, None)
    return Quote(best, tuple(sorted(others.values(), key=_order)[:OTHERS_MAX]))


def combined(used: Sequence[Candidate], cart: CartSums) -> Combination:
    """What these take off together: each is reckoned of the lines as they are, and all of them never take more than the lines come to."""
    off = min(sum(each.worth.off(cart.amount) for each in used), cart.amount)
    delivery = cart.delivery if any(each.worth.delivery for each in used) else 0
    named = sum(each.code in cart.codes for each in used)
    return Combination(tuple(sorted(used, key=_id)), off, delivery, named)


def _largest(usable: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """Combinations, so that every permitted one is part of one of these."""
    alone = [each for each in usable if not each.coded]
    coded = [each for each in usable if each.coded]
    # Several that apply by themselves must allow such, several that have a code likewise; both together must allow each other's class.
    yield [each for each in alone if each.stack.automatic]
    yield [each for each in coded if each.stack.codes]
    several = [each for each in alone if each.stack.automatic and each.stack.codes]
    several_coded = [each for each in coded if each.stack.automatic and each.stack.codes]
    yield [*several, *several_coded]
    one_of = [each for each in alone if each.stack.codes and not each.stack.automatic]
    one_of_coded = [each for each in coded if each.stack.automatic and not each.stack.codes]
    for each in one_of:
        yield [each, *several_coded]
    for each in one_of_coded:
        yield [*several, each]
        for other in one_of:
            yield [other, each]
    for each in usable:
        yield [each]


def _needed(used: Sequence[Candidate], cart: CartSums) -> Combination:
    """Those of them that take something off beside the others, the smallest left out first, and all that the cart names."""
    found = combined(used, cart)
    for each in sorted(used, key=lambda each: (each.worth.off(cart.amount), each.id)):
        if each.code not in cart.codes:
            less = combined([other for other in found.used if other is not each], cart)
            if less.total == found.total:
                found = less
    return found


def _order(each: Combination) -> tuple[int, int, int, tuple[str, ...]]:
    """What is best comes first; among equals, what the cart names; then what uses least."""
    return -each.total, -each.named, len(each.used), tuple(candidate.id for candidate in each.used)


def _id(candidate: Candidate) -> str:
    return candidate.id
