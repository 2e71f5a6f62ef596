"""The peer in stock Faust: an agent, a Table and a topic, as its documentation writes them, on defaults."""

from __future__ import annotations

import os

import faust

from benchmarks.one_sum import THRESHOLD

PREFIX = os.environ["TIDEMARK_PREFIX"]
PARTITIONS = int(os.environ["TIDEMARK_PARTITIONS"])

app = faust.App(
    f"{PREFIX}stock",
    broker=f"kafka://{os.environ['TIDEMARK_BROKERS']}",
    store="memory://",
    topic_partitions=PARTITIONS,
    topic_replication_factor=1,
    web_enabled=False,
)


class Order(faust.Record):  # type: ignore[misc]
    """What the job needs of an order."""

    order_id: str
    member_id: str
    total: int


class Gift(faust.Record):  # type: ignore[misc]
    """A whole threshold reached."""

    grant_id: str
    member_id: str
    order_id: str
    ordinal: int


orders = app.topic(f"{PREFIX}pos.orders", f"{PREFIX}online.orders", key_type=bytes, value_type=Order)
gifts = app.topic(f"{PREFIX}gifts", key_type=str, value_type=Gift)
spent = app.Table("spent", default=int, partitions=PARTITIONS)


@app.agent(orders)  # type: ignore[untyped-decorator]
async def add(stream: faust.Stream[Order]) -> None:
    """Adds the order up and gives for each whole threshold reached by it."""
    async for order in stream:
        before = spent[order.member_id]
        after = before + order.total
        spent[order.member_id] = after
        for ordinal in range(before // THRESHOLD + 1, after // THRESHOLD + 1):
            gift = Gift(f"{order.member_id}/{ordinal}", order.member_id, order.order_id, ordinal)
            await gifts.send(key=order.member_id, value=gift)


if __name__ == "__main__":
    app.main()
