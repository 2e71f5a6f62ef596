"""The feeds that have a shape of their own (spec 1.3). A new one is a file beside this one, and a line in `FEEDS`."""

from __future__ import annotations

from streams import topics
from streams.feeds import online, pos
from streams.feeds.feed import Feed

# By topic.
FEEDS: dict[str, Feed] = {
    topics.POS_ORDERS: pos.FEED,
    topics.ONLINE_ORDERS: online.FEED,
}
