"""The load: a seeded stream of orders as spec 1.1 and 1.2 write them, the same bytes for every engine.

About 400 bytes an order with 1 to 4 lines, half of them on each feed by a draw an order, about 0.5% duplicates (the same bytes
again, or a till's retry under a new order id) and 0.5% refunds of a line. A document depends on the seed, the time and those before
it alone, so a shorter load is the beginning of a longer one.

What comes out must not depend on which feed is read first. Sums do not; peaks of refunded members do. So every fifth member shops
on one feed only, and only they send refunds: their documents keep the load's order in every engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal, NamedTuple

from benchmarks.catalogue import PRICES, SKUS, STORES, Members

Feed = Literal["pos", "online"]
FEEDS: tuple[Feed, ...] = ("pos", "online")

# Well inside the 35 days after which an order is late (spec 1.5), with room for MOST_DOCUMENTS at a second each.
OLDEST = timedelta(days=30)
MOST_DOCUMENTS = 2_500_000
# Duplicates and refunds are of one of the latest so many orders.
REMEMBERED = 1_000

SERVICES = {"pos": ("dine_in", "self_pickup"), "online": ("delivery", "self_pickup")}
PAYMENTS = ("card", "card", "card", "card", "card", "card", "cash", "cash", "cash", "gift_card", "prepaid_balance", "points")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a load is made of; shares are of documents, `until` is a time that no document is placed after."""

    until: datetime
    seed: int = 20_101_201
    members: int = 100_000
    duplicates: float = 0.005
    refunds: float = 0.005


class Document(NamedTuple):
    """One record of a feed; `order_id` is what a gift names for it and `total` what the peers add, in pence."""

    feed: Feed
    member_id: str
    order_id: str
    total: int
    value: bytes


class _Refundable(NamedTuple):
    feed: Feed
    member_id: str
    order_id: str
    store_id: str
    line: str
    amount: int


def documents(shape: Shape, count: int) -> list[Document]:
    """The first `count` documents of the load."""
    if count > MOST_DOCUMENTS:
        raise ValueError(f"a load has at most {MOST_DOCUMENTS:,} documents, not {count:,}")
    stream = _stream(shape)
    return [next(stream) for _ in range(count)]


def _stream(shape: Shape) -> Iterator[Document]:
    random = Random(shape.seed)
    members = Members(shape.members, random)
    start = shape.until.astimezone(UTC).replace(microsecond=0) - OLDEST
    latest: deque[Document] = deque(maxlen=REMEMBERED)
    refundable: deque[_Refundable] = deque(maxlen=REMEMBERED)
    for index in range(MOST_DOCUMENTS):
        at = start + timedelta(seconds=index)
        lot = random.random()
        if lot < shape.duplicates and latest:
            yield _again(latest[int(random.random() * len(latest))], index)
        elif lot > 1 - shape.refunds and refundable:
            yield _refund(refundable[int(random.random() * len(refundable))], index, at)
        else:
            document, refund = _purchase(random, members.draw(), index, at)
            latest.append(document)
            if refund is not None:
                refundable.append(refund)
            yield document


def _purchase(random: Random, member_id: str, index: int, at: datetime) -> tuple[Document, _Refundable | None]:
    draw = random.random
    one_feed = member_id.endswith(("0", "5"))
    feed = FEEDS[member_id.endswith("5")] if one_feed else FEEDS[draw() < 0.5]
    order_id = f"o{index:08}"
    store_id = STORES[int(draw() * len(STORES))]
    total = 0
    lines = []
    for _ in range(1 + int(draw() * 4)):
        article = int(draw() * len(SKUS))
        quantity = 1 + int(draw() * draw() * 4)
        amount = quantity * PRICES[article]
        total += amount
        lines.append(f'{{"sku":"{SKUS[article]}","quantity":{quantity},"amount":{amount}}}')
    till = f'"terminal_id":"t{index % 8}","receipt_no":"{index:08}","business_date":"{at:%Y-%m-%d}",' if feed == "pos" else ""
    value = (
        f'{{"type":"purchase","order_id":"{order_id}","channel":"{feed}","store_id":"{store_id}",'
        f'"service_type":"{SERVICES[feed][draw() < 0.5]}","member_id":"{member_id}",'
        f'"placed_at":"{at.isoformat()}",{till}"currency":"GBP","lines":[{",".join(lines)}],"fees":0,"total":{total},'
        f'"payments":[{{"method":"{PAYMENTS[int(draw() * len(PAYMENTS))]}","amount":{total}}}]{_used(draw())}}}'
    )
    refund = _Refundable(feed, member_id, order_id, store_id, lines[0], amount_of(lines[0])) if one_feed else None
    return Document(feed, member_id, order_id, total, value.encode()), refund


def amount_of(line: str) -> int:
    """The amount of a line as the load writes it, in pence."""
    return int(line[line.rindex(":") + 1 : -1])


def _used(lot: float) -> str:
    """What one order in five has used: what sharing rules look at."""
    if lot < 0.07:
        return ',"coupons":["welcome"]'
    if lot < 0.14:
        return ',"promotions":["half-price"]'
    if lot < 0.20:
        return ',"member_price":true'
    return ""


def _again(document: Document, index: int) -> Document:
    """The same order once more; a till's, which its business key gives away, under another id half of the time."""
    if document.feed == "online" or index % 2:
        return document
    order_id = f"o{index:08}"
    value = document.value.replace(b'"order_id":"' + document.order_id.encode(), b'"order_id":"' + order_id.encode(), 1)
    return document._replace(order_id=order_id, value=value)


def _refund(order: _Refundable, index: int, at: datetime) -> Document:
    value = (
        f'{{"type":"refund","refund_id":"r{index:08}","order_id":"{order.order_id}","channel":"{order.feed}",'
        f'"store_id":"{order.store_id}","member_id":"{order.member_id}","refunded_at":"{at.isoformat()}",'
        f'"currency":"GBP","lines":[{order.line}],"fees":0,"total":{order.amount}}}'
    )
    return Document(order.feed, order.member_id, order.order_id, order.amount, value.encode())
