"""The feeds, and the shape that each has of its own (spec 1.3). A new feed is one adapter and one line in `ADAPTERS`."""

from __future__ import annotations

from collections.abc import Callable

from streams import topics
from streams.feeds.online import from_web_order
from streams.feeds.pos import from_receipt

# By topic: turns the feed's own shape into a document of spec 1.1 or 1.2, or says that it is not that shape (None).
Adapter = Callable[[bytes], bytes | None]

ADAPTERS: dict[str, Adapter] = {
    topics.POS_ORDERS: from_receipt,
    topics.ONLINE_ORDERS: from_web_order,
}
