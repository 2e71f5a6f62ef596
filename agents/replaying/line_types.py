"""Onto which feed a line of a replay belongs, as who sends its kind of document would produce it (spec 1.3, 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rules.documents.claim import Claim
from rules.documents.kind import Document
from rules.documents.member import MemberDocument
from rules.documents.payment import LevelPayment
from rules.documents.points import Points
from rules.documents.purchase import MixedPurchase, Purchase
from rules.documents.refund import Refund
from rules.documents.test_send import TestSend
from streams.decode import ANY_ZONE, Limits, Malformed, decode
from streams.feeds.feed import PassedOver
from streams.topics import MEMBERS, ONLINE_ORDERS, PAYMENTS, POINTS, POS_ORDERS


def _by_channel(document: Any) -> str:
    return ONLINE_ORDERS if document.channel == "online" else POS_ORDERS


def _of_members(_: Document) -> str:
    return MEMBERS


def _of_payments(_: Document) -> str:
    return PAYMENTS


def _of_points(_: Document) -> str:
    return POINTS


# By shape: the topic (short name). A new type of line is a line here, once its kind is in rules/documents/kinds.py.
FEED_OF: dict[type, Callable[[Any], str]] = {
    Purchase: _by_channel,
    MixedPurchase: _by_channel,
    Refund: _by_channel,
    MemberDocument: _of_members,
    Claim: _of_members,
    TestSend: _of_members,
    LevelPayment: _of_payments,
    Points: _of_points,
}
# What holds no document is refused, or passed over, there just as on any other; a change of a definition is made wherever it stands.
OTHER_FEED = POS_ORDERS
# All that lines are produced to.
FEEDS = (POS_ORDERS, ONLINE_ORDERS, MEMBERS, PAYMENTS, POINTS)


def feed_of_line(raw: bytes, limits: Limits) -> tuple[str, str | None]:
    """The feed that a line belongs on, and its member's id."""
    try:
        document = decode(raw, limits, ANY_ZONE)
    except (Malformed, PassedOver):
        return OTHER_FEED, None
    return feed_of(document), document.member_id


def feed_of(document: Document) -> str:
    """The feed that a document belongs on."""
    return FEED_OF[type(document)](document)
