"""The chain that definitions and documents agree on: its stores, goods, codes and programs."""

from __future__ import annotations

from datetime import UTC, datetime

START = datetime(2024, 1, 3, 9, 0, tzinfo=UTC)

SKUS = [f"sku-{n:02d}" for n in range(1, 41)]
# Sold by weight, one line of each in an order.
WEIGHED = ["apples", "cheese", "ham", "nuts"]
# Nobody buys these but orders that owe too many grants, so that one activity can have a tiny threshold.
SMALL_GOODS = ["bead-red", "bead-blue"]

ORGANIZATIONS = {  # code: (parent, stores)
    "chain": (None, ["hq"]),
    "north": ("chain", ["n-1", "n-2"]),
    "north-coast": ("north", ["nc-1", "nc-2"]),
    "south": ("chain", ["s-1", "s-2", "s-3", "701"]),
    "web": (None, ["web-gb", "web-de"]),
}
POS_STORES = ["hq", "n-1", "n-2", "nc-1", "nc-2", "s-1", "s-2", "s-3", "701"]
ONLINE_STORES = ["web-gb", "web-de", "s-1"]
STRAY_STORE = "pop-up"  # in no document

COUPONS = ["free-coffee", "mug", "five-off", "birthday"]
PROMOTIONS = ["half-price", "two-for-one", "spring"]
SERVICE_TYPES = ["dine_in", "delivery", "self_pickup"]
METHODS = ["card", "cash", "gift_card", "group_voucher", "prepaid_balance", "points", "other"]

ASSETS = ["gift_card", "group_voucher", "prepaid_balance", "points"]
# Words that the spec does not know, and what they are to it.
OTHER_METHODS = ["VISA", "klarna", "cheque", "CASH"]
OTHER_SERVICES = ["DRIVE_THRU", "room_service", "Dine-in"]

DEFAULT_PROGRAM = "classic"
PROGRAMS = ["classic", "gold-club"]
CURRENCIES = {"classic": "GBP", "gold-club": "EUR"}


def member_ids(count: int) -> list[str]:
    """Some are digits, as a number would be, and some have what a grant's id must escape."""
    shapes = ["m-{:05d}"] * 7 + ["17{:05d}", "m/{:05d}", "m%2F{:05d}%"]
    return [shapes[number % len(shapes)].format(number) for number in range(count)]
