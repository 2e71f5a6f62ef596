"""What the documents of a turn add to the figures, noted while they are folded, and summed once as the turn ends (spec 2.7, 4.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from rules.documents.accepted import Accepted
from rules.documents.purchase import Purchase
from rules.figures.additions import Additions, Cell, Performance
from rules.figures.alike import Alike, alike_of, amount_in_scope, amounts_in_scopes
from rules.figures.counted import Place, Sold, add_orders, counts_of, row_of
from rules.figures.days import DAY_MIN, is_first_of_its_day
from rules.figures.given import all_given, one_given
from rules.figures.given_out import GivenOut, is_test
from rules.happened import Grant, Happened, Refusal, Released
from rules.rulebook.candidates import Candidates
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.figured import Figured
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import EPOCH, epoch_us

MINUTE_MS: Final = 60_000
# Store, channel and currency of what no order brought about.
_NOWHERE: Final = ("", "", "")

MemberOf = Callable[[str], Member | None]
# How much was kept: orders, members registered, what else was added, and gifts.
Mark = tuple[int, int, int, int]


class Figuring:
    """Of one turn. What the document in hand adds is kept by `keep` once all went well with it, or forgotten by `forget`."""

    def __init__(self, late_ms: int = 0) -> None:
        """`late_ms`: how late an order may be."""
        self._late_ms = late_ms
        # In their order, those of the document in hand last.
        self._orders: list[Sold] = []
        # When members were registered, in minutes since the epoch.
        self._registered: list[int] = []
        # All else, of few documents: to which field of which activity's row, or cell.
        self._added: list[tuple[str | Place, str, int]] = []
        self._given = GivenOut()
        self._kept: Mark = (0, 0, 0, 0)
        # Of the latest order.
        self._order_id = ""

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
                self._added += (activity.code, "orders", 1), (activity.code, "amount", amount)
        return found

    def used_taken_back(self, activity: str, amount: int) -> None:
        """A refund takes that back of an order that used a coupon of the activity."""
        self._added.append((activity, "refunded", amount))

    def sold(self, accepted: Accepted) -> None:
        """An order was accepted, of nobody who is known."""
        order: Purchase = accepted.document
        self._order_id = order.order_id
        cell = Cell(accepted.time_ms // MINUTE_MS, order.store_id, order.channel, order.currency, 1, accepted.amount)
        self._orders.append((cell, None, None, None, ()))

    def bought(
        self,
        member: Member,
        last_bought_min: int,
        accepted: Accepted,
        now_ms: int,
        candidates: Candidates | None = None,
        in_scopes: Mapping[CompiledActivity, int] | None = None,
        pieces: int = 0,
    ) -> None:
        """The same, and a member is buying it. It is about to count in these candidates, where there are any; `in_scopes`: what it adds to
        those to which some lines do not count; None where all of it counts in all. `last_bought_min`: see `is_first_of_its_day`.
        """
        order: Purchase = accepted.document
        minute = accepted.time_ms // MINUTE_MS
        day: int | None = minute // DAY_MIN
        if last_bought_min and last_bought_min // DAY_MIN == day:
            # As `is_first_of_its_day`, without a call.
            day = None
        elif not is_first_of_its_day(member, last_bought_min, minute, (now_ms - self._late_ms) // MINUTE_MS):
            day = None
        alike: Alike | None = None
        first: Alike | tuple[str, ...] | None = None
        scoped: Sequence[int] = ()
        if candidates is not None:
            if in_scopes is None:
                # As `alike_of`, without a call.
                alike = candidates.alike.get(None) or alike_of(candidates, None, pieces)
            else:
                alike = alike_of(candidates, in_scopes, pieces)
                if in_scopes:
                    scoped = amounts_in_scopes(alike, in_scopes, accepted.items)
            granted = member.granted
            if not granted and not member.progress:
                granted.update(alike.none_granted)
                first = alike
            elif not granted.keys() >= alike.none_granted.keys():
                first = alike.first_counted(member)
        self._order_id = order.order_id
        cell = Cell(minute, order.store_id, order.channel, order.currency, 1, accepted.amount)
        self._orders.append((cell, day, alike, first, scoped))

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
        self._added += (place, "refunds", 1), (place, "refunded", amount)

    def registered(self, at: datetime) -> None:
        """A member is registered who was not there before."""
        since = at - EPOCH
        self._registered.append(since.days * DAY_MIN + since.seconds // 60)

    def keep(self, happened: Sequence[Happened], member_of: MemberOf, rulebook: Rulebook, now_ms: int) -> None:
        """All went well with what is in hand, and this came of it. `member_of`: as he is now."""
        sold = self._orders[-1][0] if len(self._orders) > self._kept[0] else None
        for each in happened:
            if type(each) is Grant:
                if sold is not None and each.order_id == self._order_id:
                    place = (sold.minute, sold.store_id, sold.channel, sold.currency)
                else:
                    place = (now_ms // MINUTE_MS, *_NOWHERE)
                self._granted(each, place, member_of, rulebook)
            elif type(each) is Released:
                self._released(each, member_of, rulebook)
            elif type(each) is Refusal:
                self._added.append((each.activity, each.limit, 1))
        self.keep_sums()

    def keep_sums(self) -> None:
        """All went well with what is in hand, of which nothing is told."""
        self._kept = len(self._orders), len(self._registered), len(self._added), len(self._given.given)

    def forget(self) -> None:
        """As if what is in hand had not come."""
        self.roll_back(self._kept)

    def mark(self) -> Mark:
        """All that was kept, to be rolled back to."""
        return self._kept

    def roll_back(self, mark: Mark) -> None:
        """As if nothing had been kept since then."""
        orders, registered, added, given = self._kept = mark
        del self._orders[orders:]
        del self._registered[registered:]
        del self._added[added:]
        del self._given.given[given:]

    def additions(self, partition: int, turn: int, after: int, now_ms: int, rulebook: Rulebook) -> Additions | None:
        """What the turn adds; None where that is nothing."""
        rows: dict[str, Performance] = {}
        days: dict[int, int] = {}
        cells = add_orders(self._orders, days, rows)
        for minute, members in counts_of(self._registered).items():
            _cell_of(cells, (minute, *_NOWHERE)).registered += members
        for where, field, number in self._added:
            added = row_of(rows, where) if isinstance(where, str) else _cell_of(cells, where)
            setattr(added, field, getattr(added, field) + number)
        self._given.add_to(rows, rulebook)
        if not rows and not cells:
            return None
        return Additions(partition, turn, after, now_ms // MINUTE_MS, rows, list(cells.values()), days)

    def _granted(self, grant: Grant, place: Place, member_of: MemberOf, rulebook: Rulebook) -> None:
        """A grant is made. `place`: of what brought it about."""
        activity = grant.activity
        if activity is None:
            # A benefit of a level.
            return
        known = self._given.count(grant.gifts, activity, grant.grant_id, grant.released_at, True, rulebook)
        if known is None:
            return
        self._added.append((place, "grants", 1))
        member = member_of(grant.member_id) if known.by_grants else None
        if member is None:
            return
        if known.first_ref not in member.seldom.given:
            member.seldom.given.append(known.first_ref)
            self._added.append((activity, "members", 1))
        if grant.released_at is not None:
            for gift in all_given(grant.gifts):
                if gift.with_grant and gift.coupon is not None:
                    claim(member, known, gift.coupon, grant.released_at)

    def _released(self, event: Released, member_of: MemberOf, rulebook: Rulebook) -> None:
        """A gift is released, or claimed, that its grant did not tell of."""
        known = rulebook.figured.get(event.activity)
        if event.event == "released":
            known = self._given.count(event.given, event.activity, event.grant_id, event.released_at, False, rulebook)
        elif known is not None and is_test(event.grant_id, rulebook):
            known = None
        if known is None or not known.by_grants or event.claimed_at is None:
            return
        coupon, member = one_given(event.given).coupon, member_of(event.member_id)
        if coupon is not None and member is not None:
            claim(member, known, coupon, event.claimed_at)


def _cell_of(cells: dict[Place, Cell], place: Place) -> Cell:
    cell = cells.get(place)
    if cell is None:
        cell = cells[place] = Cell(*place)
    return cell


def claim(member: Member, activity: Figured, coupon: str, claimed_at: str) -> None:
    """The member has claimed a coupon that a tier_upgrade or a bulk gave: the first time of each code is remembered."""
    claims, name = member.seldom.claims, f"{activity.first_ref}/{coupon}"
    claimed_us = epoch_us(datetime.fromisoformat(claimed_at))
    claims[name] = min(claimed_us, claims.get(name, claimed_us))
