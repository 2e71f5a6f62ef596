"""The shapes of the feeds' own (spec 1.3). A new one is a file beside this one, and a line in `FEEDS`."""

from __future__ import annotations

from streams.feeds import online, pos
from streams.feeds.feed import Feed

FEEDS: tuple[Feed, ...] = (
    pos.FEED,
    online.FEED,
)
