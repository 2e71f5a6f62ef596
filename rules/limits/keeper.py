"""What the keeper of an activity's total and budget knows, and how he decides (spec 2.10)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# What only a keeper can refuse by.
KeptLimit = Literal["total", "budget"]


class Kept(Struct, array_like=True, gc=False):
    """Of one activity, over all its versions: how many grants were made, and what their coupons are worth (minor units)."""

    made: int = 0
    worth: int = 0


def refused_by(kept: Kept, total: int | None, budget: int | None, worth: int) -> KeptLimit | None:
    """The first limit that refuses one grant more of that worth; None where there is room for it. What costs nothing fits any budget."""
    if total is not None and kept.made >= total:
        return "total"
    if budget is not None and worth > max(0, budget - kept.worth):
        return "budget"
    return None


def make(kept: Kept, worth: int) -> None:
    """A grant of that worth is made."""
    kept.made += 1
    kept.worth += worth
