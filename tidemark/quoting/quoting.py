"""The best discount for a cart, and the others to choose from (spec 3.10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from rules.benefits.best import Combination, quote
from rules.benefits.candidate import Candidate, CartSums
from rules.benefits.cart import Cart, normal
from rules.benefits.had import Issued, Where, candidates_of
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import epoch_ms, iso
from streams.topics import BENEFITS
from tidemark.explaining.stored import open_stored
from tidemark.quoting.issued import issued_of
from tidemark.settings.settings import Settings


class Used(Struct, frozen=True):
    """A benefit of a choice: `id` is program/level/benefit, `*organization/benefit`, or its issue_id."""

    id: str
    name: str
    code: str | None


class Choice(Struct, frozen=True):
    """The n-th choice; the first is the best. `off`: off the lines, minor units; `delivery`: off the fees; `total`: both."""

    n: int
    total: int
    off: int
    delivery: int
    used: list[Used]


class NamedCode(Struct, frozen=True):
    """What became of a code that the cart names: `used` in the best choice; `not_best`, in another; `not_met`: it requires more than the
    cart has, or takes nothing off it; `unknown`: it is none of this member's that holds on this channel.
    """

    code: str
    state: str


class Quoted(Struct, frozen=True):
    """The answer. `amount`: of the lines, before."""

    member_id: str | None
    at: str
    currency: str
    amount: int
    fees: int
    best: Choice
    others: list[Choice]
    codes: list[NamedCode]

    def choices(self) -> list[Choice]:
        """All, the best first."""
        return [self.best, *self.others]


class NoSuchMember(Exception):
    """The message says which."""


async def quote_running(settings: Settings, cart: Cart) -> Quoted:
    """For the member as the running system has him. Raises NoSuchMember, TooMany, BrokerUnavailable."""
    async with open_stored(settings) as stored:
        if cart.member_id is None:
            return quoted(cart, Member(), [], stored.rulebook)
        owner = await stored.owner(cart.member_id)
        if owner.member is None or not owner.member.registered:
            raise NoSuchMember(f"there is no member {owner.member_id!r}")
        # What was issued under an id that leads to him is his.
        records = [record for each in owner.ids for record in await stored.of_member(BENEFITS, each)]
        return quoted(cart, owner.member, issued_of(records), stored.rulebook)


def quoted(cart: Cart, member: Member, issued: Sequence[Issued], rulebook: Rulebook) -> Quoted:
    """For a member, and what was issued to him. Raises TooMany."""
    at = cart.at or datetime.now(UTC)
    sums = cart.sums()
    candidates = candidates_of(member, issued, rulebook, Where(cart.sold_on, cart.currency, epoch_ms(at)))
    found = quote(candidates, sums)
    best, *others = (_choice(n, each) for n, each in enumerate((found.best, *found.others), 1))
    codes = [NamedCode(code, _state(normal(code), candidates, found.best, sums)) for code in cart.codes]
    return Quoted(cart.member_id, iso(at), cart.currency, sums.amount, sums.delivery, best, others, codes)


def _choice(n: int, combination: Combination) -> Choice:
    used = [Used(each.id, each.name, each.code) for each in combination.used]
    return Choice(n, combination.total, combination.off, combination.delivery, used)


def _state(code: str, candidates: Sequence[Candidate], best: Combination, sums: CartSums) -> str:
    named = next((each for each in candidates if each.code == code), None)
    if named is None:
        return "unknown"
    if any(each.code == code for each in best.used):
        return "used"
    takes_something = named.worth.off(sums.amount) or (named.worth.delivery and sums.delivery)
    return "not_best" if named.is_met(sums) and takes_something else "not_met"
