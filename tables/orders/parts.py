"""What of an order's record is decoded; apart, as mypyc would lose that it is an array."""

from __future__ import annotations

from msgspec import Struct


class OrderParts(Struct, array_like=True, gc=False):
    """An order's record but for its content and when it came; `weighed`, `terms` and `used` are left out where they are empty."""

    currency: str
    items: list[str | int]
    programs: list[int]
    activities: list[int]
    left_out: int
    taken_back: int
    weighed: dict[str, int] = {}
    terms: list[int] = []
    used: list[int] = []
