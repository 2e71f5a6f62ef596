"""What the documents of a turn add to the figures, gathered while they are folded (spec 2.7, 4.6).

Few sums are kept while documents pass: by version of an activity, by cell, and by what is given. They become what each activity has
once, as the turn ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from rules.documents.purchase import Purchase
from rules.figures.additions import Additions, Cell, Performance
from rules.figures.counted import Counted, CountedMark
from rules.figures.days import DAY_MIN, is_first_of_its_day
from rules.figures.given import all_given, one_given
from rules.figures.given_out import GivenMark, GivenOut, is_test
from rules.happened import Grant, Happened, Refusal, Released
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.figured import Figured
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import epoch_us

MINUTE_MS: Final = 60_000
Key = TypeVar("Key")
# Store, channel and currency of what no order brought about.
_NOWHERE: Final = ("", "", "")

# A minute, store, channel and currency.
Place = tuple[int, str, str, str]
MemberOf = Callable[[str], Member | None]


class Mark(NamedTuple):
    """How much was kept when it was made."""

    performance: dict[str, Performance]
    counted: CountedMark
    given: GivenMark
    days: dict[int, int]
    settled: int


class Figuring:
    """Of one turn. What the document in hand adds is kept by `keep` once all went well with it, or forgotten by `forget`."""

    def __init__(self) -> None:
        # Of few orders: what is not in one of the sums below.
        self._performance: dict[str, Performance] = {}
        # Orders that count in activities: told of each by its own name.
        self.counted = Counted()
        self._cells: dict[Place, Cell] = {}
        # Those of before the last mark: they are many, and a mark is made for many a document of a replay. How often they were put there.
        self._settled_cells: dict[Place, Cell] = {}
        self._settled = 0
        self._given = GivenOut()
        # Of the document in hand: by code, what is added to orders, amount and refunded; and what refunds took, by cell.
        self._single: list[tuple[str, int, int, int]] = []
        self._seen: list[tuple[Place, int]] = []
        # Minutes in which members were registered.
        self._registered: list[int] = []
        # The order, with where and when it was placed, and its amount.
        self._order: str | None = None
        self._place: Place = (0, *_NOWHERE)
        self._amount = 0
        # Members registered, by minute, which are not in the cells yet.
        self._registrations: dict[int, int] = {}
        # Members who bought, by day; and the day of the document in hand, where its member is one more.
        self._days: dict[int, int] = {}
        self._day: int | None = None

    def taken_back(self, activity: CompiledActivity, amount: int) -> None:
        """A refund takes that back of what an order had in scope of an activity."""
        self._single.append((activity.code, 0, 0, amount))

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
                self._single.append((activity.code, 1, amount, 0))
        return found

    def used_taken_back(self, activity: str, amount: int) -> None:
        """A refund takes that back of an order that used a coupon of the activity."""
        self._single.append((activity, 0, 0, amount))

    def sold(self, order: Purchase, placed_ms: int, amount: int) -> None:
        """An order was accepted, of nobody who is known."""
        self._order, self._amount = order.order_id, amount
        self._place = (placed_ms // MINUTE_MS, order.store_id, order.channel, order.currency)

    def bought(self, member: Member, last_bought_min: int, order: Purchase, placed_ms: int, amount: int, oldest_ms: int) -> None:
        """The same, and a member bought it; `last_bought_min`, `oldest_ms`: see `is_first_of_its_day`."""
        placed_min = placed_ms // MINUTE_MS
        self._order, self._amount = order.order_id, amount
        self._place = (placed_min, order.store_id, order.channel, order.currency)
        day = placed_min // DAY_MIN
        if last_bought_min and last_bought_min // DAY_MIN == day:
            # As `is_first_of_its_day`, without a call.
            return
        if is_first_of_its_day(member, last_bought_min, placed_min, oldest_ms // MINUTE_MS):
            self._day = day

    def given_back(self, store_id: str, channel: str, currency: str, refunded_ms: int, amount: int) -> None:
        """A refund took effect, of that amount."""
        self._seen.append(((refunded_ms // MINUTE_MS, store_id, channel, currency), amount))

    def registered(self, registered_ms: int) -> None:
        """A member is registered who was not there before."""
        self._registered.append(registered_ms // MINUTE_MS)

    def keep(self, happened: Sequence[Happened], member_of: MemberOf, rulebook: Rulebook, now_ms: int) -> None:
        """All went well with what is in hand, and this came of it. `member_of`: as he is now."""
        order, cell = self._order, self.keep_sums()
        for each in happened:
            if type(each) is Grant:
                by_order = cell is not None and each.order_id is not None and each.order_id == order
                place_of_grant = cell if by_order else self._cell((now_ms // MINUTE_MS, *_NOWHERE))
                assert place_of_grant is not None
                self._granted(each, place_of_grant, member_of, rulebook)
            elif type(each) is Released:
                self._released(each, member_of, rulebook)
            elif type(each) is Refusal:
                row = self._of(each.activity)
                row.per_member += each.limit == "per_member"
                row.total += each.limit == "total"
                row.budget += each.limit == "budget"

    def keep_sums(self) -> Cell | None:
        """All went well with what is in hand, of which nothing is told; the cell of the order, where it is one."""
        self.counted.keep()
        if self._single:
            self._keep_single()
        cell: Cell | None = None
        if self._order is not None:
            self._order = None
            place = self._place
            cell = self._cells.get(place)
            if cell is None:
                # As most are where stores are many.
                cell = self._cells[place] = Cell(*place, 1, self._amount)
            else:
                cell.orders += 1
                cell.amount += self._amount
        if self._seen:
            for place, refunded in self._seen:
                found = self._cell(place)
                found.refunds += 1
                found.refunded += refunded
            self._seen.clear()
        if self._registered:
            for minute in self._registered:
                self._registrations[minute] = self._registrations.get(minute, 0) + 1
            self._registered.clear()
        if self._day is not None:
            self._days[self._day] = self._days.get(self._day, 0) + 1
            self._day = None
        return cell

    def _keep_single(self) -> None:
        """What few documents bring."""
        for code, orders, amount, refunded in self._single:
            row = self._of(code)
            row.orders += orders
            row.amount += amount
            row.refunded += refunded
        self._single.clear()

    def forget(self) -> None:
        """As if what is in hand had not come."""
        self.counted.forget()
        self._single.clear()
        self._seen.clear()
        self._registered.clear()
        self._order = None
        self._day = None

    def mark(self) -> Mark:
        """All that was kept, to be rolled back to until the next mark is made."""
        self._settle_cells()
        performance = {code: row.copied() for code, row in self._performance.items()}
        return Mark(performance, self.counted.mark(), self._given.mark(), dict(self._days), self._settled)

    def roll_back(self, mark: Mark) -> None:
        """As if nothing had been kept since then."""
        self.counted.roll_back(mark.counted)
        assert mark.settled == self._settled, "another mark was made since then"
        self._given.roll_back(mark.given)
        self._performance, self._cells, self._days = mark.performance, {}, mark.days
        self._registrations = {}

    def additions(self, partition: int, turn: int, after: int, now_ms: int, rulebook: Rulebook) -> Additions | None:
        """What the turn adds; None where that is nothing."""
        self.counted.add_to(self._of)
        self._given.add_to(self._of, rulebook)
        self._settle_cells()
        if not self._performance and not self._settled_cells:
            return None
        cells = list(self._settled_cells.values())
        return Additions(partition, turn, after, now_ms // MINUTE_MS, self._performance, cells, self._days)

    def _settle_cells(self) -> None:
        self._settled += 1
        for minute, members in self._registrations.items():
            self._cell((minute, *_NOWHERE)).registered += members
        self._registrations.clear()
        if not self._settled_cells:
            self._settled_cells, self._cells = self._cells, {}
            return
        for place, added in self._cells.items():
            cell = self._settled_cells.get(place)
            if cell is None:
                self._settled_cells[place] = added
            else:
                cell.add(added)
        self._cells.clear()

    def _of(self, code: str) -> Performance:
        row = self._performance.get(code)
        if row is None:
            row = self._performance[code] = Performance()
        return row

    def _cell(self, place: Place) -> Cell:
        cell = self._cells.get(place)
        if cell is None:
            cell = self._cells[place] = Cell(*place)
        return cell

    def _granted(self, grant: Grant, cell: Cell, member_of: MemberOf, rulebook: Rulebook) -> None:
        """A grant is made. `cell`: of what brought it about."""
        activity = grant.activity
        # A benefit of a level is of no activity.
        known = (
            None
            if activity is None
            else self._given.count(grant.gifts, activity, grant.grant_id, grant.released_at, True, rulebook)
        )
        if known is None or activity is None:
            return
        cell.grants += 1
        member = member_of(grant.member_id) if known.by_grants else None
        if member is None:
            return
        if known.first_ref not in member.seldom.given:
            member.seldom.given.append(known.first_ref)
            self._of(activity).members += 1
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


def claim(member: Member, activity: Figured, coupon: str, claimed_at: str) -> None:
    """The member has claimed a coupon that a tier_upgrade or a bulk gave: the first time of each code is remembered."""
    claims, name = member.seldom.claims, f"{activity.first_ref}/{coupon}"
    claimed_us = epoch_us(datetime.fromisoformat(claimed_at))
    claims[name] = min(claimed_us, claims.get(name, claimed_us))
