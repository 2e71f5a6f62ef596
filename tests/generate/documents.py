"""The stream: orders of some members over some days with all that happens to them, in order of arrival."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from .broken import broken, too_large, too_many_lines
from .members import member_documents
from .purchases import purchase, settle, time_text
from .refunds import refund_alone, refund_of
from .resends import equal, equal_under_new_id, has_key, other_content
from .shapes import parts_of, receipt
from .spelling import plain, rewritten, spelled
from .world import CURRENCIES, DEFAULT_PROGRAM, SMALL_GOODS, START, member_ids

Document = dict[str, Any]


def stream(seed: int, orders: int, members: int, days: int = 240, *, strict: bool = False) -> list[bytes]:
    """Raw JSON lines, without line ends: `orders` purchases of Zipf-like members over `days`, and about a third
    more of refunds, resent, conflicting, late, imported, member and broken documents among them.

    A third of them in other words and shapes; with `strict` all as spec 1.1 has them.
    """
    return Stream(seed, orders, members, days, strict=strict).lines()


class Stream:
    def __init__(self, seed: int, orders: int, members: int, days: int, *, strict: bool) -> None:
        self.strict = strict
        self.receipts: dict[str, Document] = {}  # by order id, orders that come as receipts: their parts
        self.rng = random.Random(f"stream {seed}")
        self.orders = orders
        self.span = timedelta(days=days)
        self.members = member_ids(members)
        self.weights = [1 / (rank + 5) for rank in range(members)]
        self.arrivals: list[tuple[datetime, int, bytes]] = []
        self.refunds = 0

    def lines(self) -> list[bytes]:
        for arrival, document in member_documents(self.rng, self.members, self.span):
            self._add(arrival, document)
        owners = self.rng.choices(self.members, self.weights, k=self.orders)
        for number, owner in enumerate(owners):
            self._order(number, None if self.rng.random() < 0.06 else owner, self._placed(number))
        self._rare()
        self.arrivals.sort(key=lambda arrival: arrival[:2])
        return [raw for _, _, raw in self.arrivals]

    def _add(self, arrival: datetime, document: Document | bytes) -> None:
        raw = document if isinstance(document, bytes) else self._raw(document)
        self.arrivals.append((arrival, len(self.arrivals), raw))

    def _raw(self, document: Document) -> bytes:
        parts = self.receipts.get(document.get("order_id") or "")
        if parts is not None:
            return rewritten(self.rng, receipt(self.rng, document, parts))
        if not self.strict and self.rng.random() < 0.35:
            return spelled(self.rng, document)
        return plain(document)

    def _placed(self, number: int) -> datetime:
        moment = START + self.span * number / self.orders + timedelta(seconds=self.rng.randrange(-900, 900))
        if self.rng.random() < 0.01:  # where activities and memberships start and end
            edge = START + timedelta(days=round((moment - START) / timedelta(days=1)))
            return edge + timedelta(milliseconds=self.rng.choice([-1, 0, 500, 999, 1000]))
        return moment.replace(microsecond=self.rng.choice([0, 0, 250_000]))

    def _days(self, least: float, most: float) -> timedelta:
        return timedelta(days=self.rng.uniform(least, most))

    def _order(self, number: int, member_id: str | None, placed: datetime) -> None:
        rng = self.rng
        document = purchase(rng, number, member_id, placed)
        arrival = placed
        kind = rng.choices(
            ["at once", "offline", "too late", "received in time", "received too late", "early", "imported"],
            [9350, 150, 50, 50, 30, 70, 300],
        )[0]
        if kind == "offline":
            arrival += self._days(1, 34)
        elif kind == "too late":
            arrival += self._days(36, 60)
        elif kind == "received in time":
            document["received_at"] = time_text(rng, placed + self._days(0.1, 34))
            arrival += self._days(36, 60)
        elif kind == "received too late":
            late = rng.choice([timedelta(days=35, milliseconds=1), self._days(36, 50)])
            document["received_at"] = time_text(rng, placed + late)
            arrival += late
        elif kind == "early":  # a till whose clock goes before
            document["received_at"] = time_text(rng, placed - rng.choice([timedelta(days=1), self._days(0, 0.9)]))
        elif kind == "imported":
            document["imported"] = True
            document["placed_at"] = time_text(rng, placed - self._days(0, 300))
        if not self.strict and has_key(document) and rng.random() < 0.08:
            self.receipts[document["order_id"]] = parts_of(document)
        self._add(arrival, document)
        if rng.random() < 0.02:
            wrong = document | {"order_id": document["order_id"] + "-wrong"}
            self._add(arrival, broken(rng, wrong))
        if rng.random() < 0.05:
            self._again(arrival, document)
        self._refunds_of(document, placed, arrival)

    def _again(self, arrival: datetime, document: Document) -> None:
        rng = self.rng
        arrival += rng.choice([timedelta(0), timedelta(minutes=3), self._days(0, 3), self._days(0, 50)])
        makes = [equal, equal, other_content] + ([equal_under_new_id] * 3 if has_key(document) else [])
        again = rng.choice(makes)(rng, document)
        if has_key(document) and rng.random() < 0.2:
            again = equal_under_new_id(rng, other_content(rng, document))
        if rng.random() < 0.2:
            again["received_at"] = time_text(rng, arrival)
        self._add(arrival, again)
        if again["type"] == "purchase" and again["order_id"] != document["order_id"] and rng.random() < 0.3:
            # It names what was dropped, before that came or after.
            self._refund(again, arrival + rng.choice([timedelta(hours=1), timedelta(hours=-1), self._days(-3, 20)]))

    def _refunds_of(self, order: Document, placed: datetime, arrival: datetime) -> None:
        rng = self.rng
        kind = rng.choices(
            ["none", "once", "parts", "before", "much later", "no such order", "of another", "alone", "missed"],
            [8700, 600, 200, 150, 60, 80, 40, 150, 20],
        )[0]
        if kind == "once":
            self._refund(order, arrival + self._days(0, 30))
        elif kind == "parts":
            for _ in range(rng.randint(2, 4)):
                self._refund(order, arrival + self._days(0, 60))
        elif kind == "before":
            self._refund(order, arrival - rng.choice([timedelta(0), timedelta(seconds=30), self._days(0, 10)]))
        elif kind == "much later":
            self._refund(order, arrival + self._days(150, 210))
        elif kind == "no such order":
            self._refund(order | {"order_id": order["order_id"] + "-none"}, arrival)
        elif kind == "of another":
            self._refund(order | {"member_id": rng.choice(self.members)}, arrival + self._days(0, 20))
        elif kind == "alone":
            moment = arrival + self._days(0, 5)
            self._add(moment, refund_alone(rng, self._refund_id(), order, moment))
        elif kind == "missed":  # the refund waits for an order that comes when it has been given up
            late = order | {"order_id": order["order_id"] + "-slow", "received_at": time_text(rng, placed)}
            late.pop("receipt_no", None)
            self._refund(late, placed + timedelta(minutes=1))
            self._add(arrival + self._days(36, 45), late)

    def _refund_id(self) -> str:
        self.refunds += 1
        return f"r-{self.refunds:06d}"

    def _refund(self, order: Document, moment: datetime) -> None:
        rng = self.rng
        document = refund_of(rng, self._refund_id(), order, moment)
        if document["order_id"] in self.receipts:
            document |= {"store_id": order["store_id"], "terminal_id": "t-1", "receipt_no": "9" + document["refund_id"][2:]}
            document.setdefault("business_date", order["business_date"])
        arrival = moment
        if rng.random() < 0.03:
            arrival += self._days(0, 50)
        self._add(arrival, document)
        if rng.random() < 0.08:
            self._again(arrival, document)
        if rng.random() < 0.03:
            self._add(arrival, broken(rng, document | {"refund_id": document["refund_id"] + "-wrong"}))

    def _rare(self) -> None:
        """The absurd sizes, a few of each, as they make the stream long."""
        for number in range(2):
            moment = START + self.span * self.rng.random()
            document = purchase(self.rng, self.orders + number, self.rng.choice(self.members), moment)
            self._add(moment, too_large(document))
            self._add(moment, too_many_lines(document))
        for number, quantity in enumerate([2_001, 2_001, 25_000, 40_000], self.orders + 10):
            moment = START + self.span * self.rng.random()
            document = purchase(self.rng, number, self.rng.choice(self.members), moment)
            document["currency"] = CURRENCIES[DEFAULT_PROGRAM]
            document["lines"] = [{"sku": sku, "quantity": quantity, "amount": 3} for sku in SMALL_GOODS]
            settle(self.rng, document)
            self._add(moment, document)
            self._refund(document, moment + timedelta(hours=1))
