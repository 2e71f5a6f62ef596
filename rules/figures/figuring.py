"""What the documents of a turn add to the figures, noted while they are folded, and summed once as the turn ends (spec 2.7, 4.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from rules.documents.accepted import Accepted
from rules.documents.purchase import Purchase
from rules.figures.additions import Additions, Cell, Performance
from rules.figures.counted import NOWHERE, add_orders, add_registered, amount_in_scope, cell_of, row_of
from rules.figures.days import DAY_MIN, is_first_of_its_day
from rules.figures.first_counted import Before, first_counted
from rules.figures.given import all_given, one_given
from rules.figures.given_out import add_given, is_test
from rules.figures.noted import Added, GivenOut, Place, Sold
from rules.happened import Grant, Happened, Refusal, Released
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.figured import Figured
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import EPOCH, epoch_us

MINUTE_MS: Final = 60_000

MemberOf = Callable[[str], Member | None]
# How much was kept: orders, and all else.
Mark = tuple[int, int]


class Figuring:
    """Of one turn. What the document in hand adds is kept by `keep` once all went well with it, or forgotten by `forget`."""

    def __init__(self, late_ms: int = 0) -> None:
        """`late_ms`: how late an order may be."""
        self._late_ms = late_ms
        # In their order, that of the document in hand last, and how many of them are kept.
        self._orders: list[Sold] = []
        self._kept = 0
        # What else is kept, of few documents: what is added, gifts, and when members were registered; and that of the document in hand.
        self._others: list[Added | GivenOut | datetime] = []
        self._in_hand: list[Added | GivenOut | datetime] = []

    def taken_back(self, activity: CompiledActivity, amount: int) -> None:
        """A refund takes that back of what an order had in scope of an activity."""
        self.used_taken_back(activity.code, amount)

    def used(self, member: Member, order: Purchase, placed_us: int, amount: int, rulebook: Rulebook) -> list[int]:
        """Which activities, by the refs of their first versions, gave the member a coupon that an order used: named, and placed no sooner
        than his first claim of one of that code. An order of that amount counts in these.
        """
        found: list[int] = []
        for name, claimed_us in member.seldom.claims.items():
            ref, _, coupon = name.partition("/")
            first_ref = int(ref)
            if coupon not in order.coupons or claimed_us > placed_us or first_ref in found:
                continue
            activity = rulebook.figured_by_ref.get(first_ref)
            if activity is not None and activity.currency == order.currency:
                found.append(first_ref)
                self._in_hand += Added(activity.code, "orders", 1), Added(activity.code, "amount", amount)
        return found

    def used_taken_back(self, activity: str, amount: int) -> None:
        """A refund takes that back of an order that used a coupon of the activity."""
        self._in_hand.append(Added(activity, "refunded", amount))

    def sold(self, accepted: Accepted) -> None:
        """An order was accepted, of nobody who is known."""
        order: Purchase = accepted.document
        place = (accepted.time_ms // MINUTE_MS, order.store_id, order.channel, order.currency)
        self._orders.append((place, accepted.amount, (), None, (), None, False, order.order_id))

    def bought(
        self,
        member: Member,
        before: Before | None,
        accepted: Accepted,
        now_ms: int,
        counted_in: Sequence[int],
        rulebook: Rulebook,
    ) -> None:
        """The same, and a member has bought it; `before`: as he was, None where it registered him. It counted in these versions (refs: see
        `Contributed`).
        """
        order: Purchase = accepted.document
        minute = accepted.time_ms // MINUTE_MS
        day: int | None = minute // DAY_MIN
        refs = first = tuple(counted_in)
        if before is None:
            if accepted.time_ms < now_ms - self._late_ms and not is_first_of_its_day(member, 0, minute, self._oldest_min(now_ms)):
                day = None
        else:
            last_bought_min, known, as_he_was = before
            if last_bought_min and last_bought_min // DAY_MIN == day:
                # As `is_first_of_its_day`, without a call.
                day = None
            elif not is_first_of_its_day(member, last_bought_min, minute, self._oldest_min(now_ms)):
                day = None
            is_known = len(member.progress) == known and as_he_was is None
            first = () if is_known else first_counted(member, before, refs, rulebook)
        items = None if isinstance(counted_in, tuple) else accepted.items
        place = (minute, order.store_id, order.channel, order.currency)
        self._orders.append((place, accepted.amount, refs, items, first, day, before is None, order.order_id))

    def _oldest_min(self, now_ms: int) -> int:
        return (now_ms - self._late_ms) // MINUTE_MS

    def subtract(self, additions: Mapping[CompiledActivity, int], items: Sequence[str | int], amount: int) -> None:
        """A refund without an order takes items of that amount off."""
        for activity, taken in additions.items():
            if activity.by_amount:
                self.taken_back(activity, taken)
            else:
                self.taken_back(activity, amount if activity.every_line else amount_in_scope(activity, items))

    def given_back(self, store_id: str, channel: str, currency: str, refunded_ms: int, amount: int) -> None:
        """A refund took effect, of that amount."""
        place = (refunded_ms // MINUTE_MS, store_id, channel, currency)
        self._in_hand += Added(place, "refunds", 1), Added(place, "refunded", amount)

    def registered(self, at: datetime) -> None:
        """A member is registered who was not there before."""
        self._in_hand.append(at)

    def keep(self, happened: Sequence[Happened], member_of: MemberOf, rulebook: Rulebook, now_ms: int) -> None:
        """All went well with what is in hand, and this came of it. `member_of`: as he is now."""
        for each in happened:
            if type(each) is Grant or type(each) is Released:
                # Of a benefit of a level there is none.
                known = None if each.activity is None else rulebook.figured.get(each.activity)
                if known is None or is_test(each.grant_id, rulebook):
                    continue
                if type(each) is Grant:
                    self._granted(each, known, member_of, now_ms)
                elif type(each) is Released:
                    self._released(each, known, member_of)
            elif type(each) is Refusal:
                self._in_hand.append(Added(each.activity, each.limit, 1))
        self.keep_sums()

    def keep_sums(self) -> None:
        """All went well with what is in hand, of which nothing is told."""
        self._kept = len(self._orders)
        if self._in_hand:
            self._others += self._in_hand
            self._in_hand.clear()

    def forget(self) -> None:
        """As if what is in hand had not come."""
        del self._orders[self._kept :]
        self._in_hand.clear()

    def mark(self) -> Mark:
        """All that was kept, to be rolled back to."""
        return self._kept, len(self._others)

    def roll_back(self, mark: Mark) -> None:
        """As if nothing had been kept since then."""
        self._kept, others = mark
        del self._others[others:]
        self.forget()

    def additions(self, partition: int, turn: int, after: int, now_ms: int, rulebook: Rulebook) -> Additions | None:
        """What the turn adds; None where that is nothing."""
        rows: dict[str, Performance] = {}
        days: dict[int, int] = {}
        cells = add_orders(self._orders, rulebook, days, rows)
        if self._others:
            self._add_others(cells, rows, rulebook)
        if not rows and not cells:
            return None
        return Additions(partition, turn, after, now_ms // MINUTE_MS, rows, list(cells.values()), days)

    def _add_others(self, cells: dict[Place, Cell], rows: dict[str, Performance], rulebook: Rulebook) -> None:
        given: list[GivenOut] = []
        registered: list[int] = []
        for each in self._others:
            if isinstance(each, GivenOut):
                given.append(each)
                if each.place is not None:
                    cell_of(cells, each.place).grants += 1
            elif isinstance(each, Added):
                where, field = each.where, each.field
                added = row_of(rows, where) if isinstance(where, str) else cell_of(cells, where)
                setattr(added, field, getattr(added, field) + each.number)
            else:
                since = each - EPOCH
                registered.append(since.days * DAY_MIN + since.seconds // 60)
        add_registered(registered, cells)
        if given:
            add_given(given, rows, rulebook)

    def _granted(self, grant: Grant, known: Figured, member_of: MemberOf, now_ms: int) -> None:
        """A grant is made of an activity."""
        order = self._orders[-1] if len(self._orders) > self._kept else None
        place = order[0] if order is not None and order[-1] == grant.order_id else (now_ms // MINUTE_MS, *NOWHERE)
        self._in_hand.append(GivenOut(grant.gifts, known, grant.released_at, True, place))
        member = member_of(grant.member_id) if known.by_grants else None
        if member is None:
            return
        if known.first_ref not in member.seldom.given:
            member.seldom.given.append(known.first_ref)
            self._in_hand.append(Added(known.code, "members", 1))
        if grant.released_at is not None:
            for gift in all_given(grant.gifts):
                if gift.with_grant and gift.coupon is not None:
                    claim(member, known, gift.coupon, grant.released_at)

    def _released(self, event: Released, known: Figured, member_of: MemberOf) -> None:
        """A gift is released, or claimed, that its grant did not tell of."""
        if event.event == "released":
            self._in_hand.append(GivenOut(event.given, known, event.released_at, False))
        if not known.by_grants or event.claimed_at is None:
            return
        coupon, member = one_given(event.given).coupon, member_of(event.member_id)
        if coupon is not None and member is not None:
            claim(member, known, coupon, event.claimed_at)


def claim(member: Member, activity: Figured, coupon: str, claimed_at: str) -> None:
    """The member has claimed a coupon that a tier_upgrade or a bulk gave: the first time of each code is remembered."""
    claims, name = member.seldom.claims, f"{activity.first_ref}/{coupon}"
    claimed_us = epoch_us(datetime.fromisoformat(claimed_at))
    claims[name] = min(claimed_us, claims.get(name, claimed_us))
