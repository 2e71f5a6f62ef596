"""A member's record of the format before; apart, as mypyc would lose that it is an array."""

from __future__ import annotations

from msgspec import Struct

from rules.state import HeldRefund, Membership


class Before(Struct, array_like=True, gc=False):
    """A record of the format before, which had no number."""

    held: list[HeldRefund]
    memberships: list[Membership]
    progress: dict[int, int]
    granted: dict[int, int]
    gained: dict[str, int]
    registered: bool = True
