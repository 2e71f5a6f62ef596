"""What members do beside buying, made up from the sample's orders: some join the club and pay for its highest level (spec 1.7, 1.9), and
some come back with a coupon that they were sent. The same members and times each time.

They suit the definitions beside the orders: program-club.yaml, activity-come-back.yaml.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

Document = dict[str, Any]

JOINED, PAID, PAID_WRONG, CAME_BACK = "joined the club", "paid for a level", "paid a wrong price", "came back with a coupon"
# One member in so many, by his number; the second are among the first.
_JOINS_ONE_IN, _PAYS_ONE_IN, _PAYS_WRONG_ONE_IN = 3, 12, 120
_COMES_BACK_ONE_IN = 2
_JOINS_AT, _PAYS_FROM = 2, 3  # his orders
_PRICE, _LAST_YEARS_PRICE = 1_500, 1_200
_RENEWS_AFTER = timedelta(days=80)
_AWAY_DAYS, _AWAY_BELOW_DAYS, _RUN_AT = 60, 91, time(10)


class Members:
    """Reads the orders in turn, and says what their members do just before and after; counts it by its name."""

    def __init__(self, taken: Counter[str]) -> None:
        self._taken = taken
        self._orders: Counter[str] = Counter()
        self._last_order: dict[str, date] = {}
        self._last_paid: dict[str, datetime] = {}

    def around(self, order: Document) -> Iterator[Document]:
        """The order, and what its member does at that time, in turn; the order is changed in place where it names a coupon."""
        member_id = order["member_id"]
        if order["type"] != "purchase" or member_id is None:
            yield order
            return
        number, at = int(member_id), datetime.fromisoformat(order["placed_at"])
        self._orders[member_id] += 1
        if number % _JOINS_ONE_IN == 0 and self._orders[member_id] == _JOINS_AT:
            self._taken[JOINED] += 1
            yield _joins(member_id, order["placed_at"])
        if number % _COMES_BACK_ONE_IN == 0 and self._was_away(member_id, at):
            self._taken[CAME_BACK] += 1
            order["coupons"] = ["come-back"]
        self._last_order[member_id] = at.date()
        yield order
        if number % _PAYS_ONE_IN == 0 and self._orders[member_id] >= _PAYS_FROM:
            yield from self._pays(member_id, at)

    def _was_away(self, member_id: str, at: datetime) -> bool:
        """Whether the last run of the monthly activity, on the first at ten, found him away for as long as it asks for."""
        run = datetime.combine(at.date().replace(day=1), _RUN_AT, at.tzinfo)
        if run > at:
            run = datetime.combine((run.date() - timedelta(days=1)).replace(day=1), _RUN_AT)
        last = self._last_order.get(member_id)
        return last is not None and _AWAY_DAYS <= (run.date() - last).days < _AWAY_BELOW_DAYS

    def _pays(self, member_id: str, at: datetime) -> Iterator[Document]:
        """For three months, and again with an order from ten days before they are over."""
        before = self._last_paid.get(member_id)
        if before is not None and at - before < _RENEWS_AFTER:
            return
        self._last_paid[member_id] = at
        if before is None and int(member_id) % _PAYS_WRONG_ONE_IN == 0:
            self._taken[PAID_WRONG] += 1
            yield _payment(member_id, at, _LAST_YEARS_PRICE)
            return
        self._taken[PAID] += 1
        yield _payment(member_id, at, _PRICE)


def _joins(member_id: str, at: str) -> Document:
    programs = ["classic", {"program": "club", "since": at}]
    return {"type": "member", "member_id": member_id, "programs": programs, "received_at": at}


def _payment(member_id: str, at: datetime, amount: int) -> Document:
    paid_at = at.isoformat()
    return {
        "type": "payment",
        "payment_id": f"club-{member_id}-{at:%Y%m%d}",
        "member_id": member_id,
        "program": "club",
        "level": "star",
        "from_level": None,
        "paid_at": paid_at,
        "received_at": paid_at,
        "amount": amount,
        "currency": "GBP",
    }
