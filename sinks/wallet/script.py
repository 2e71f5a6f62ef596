"""The script that adds a grant to a wallet, in Redis, and what goes in and comes out of it."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from rules.gifts.granted import Granted, Points

SCRIPT = Path(__file__).with_name("apply.lua").read_text(encoding="utf-8")

POINTS = "points"
COUPON = "coupon:"
UNTIL = "until:"
# What was given before a deletion, and stands on another topic, is delivered by then.
_DELETED_SECONDS = 7 * 24 * 3600


class Answer(IntEnum):
    """REFUSED: the member's keys hold what no wallet holds. FULL: remembering the grant would take more than the limits allow.

    Either way nothing was changed.
    """

    REFUSED = -1
    KNOWN = 0
    APPLIED = 1
    FULL = 2


class Memory(NamedTuple):
    """What a wallet may remember of grants: runs of ordinals without a gap, of one activity (or level); and such fields in all. It may have
    as many fields of what it holds.
    """

    runs: int
    fields: int


def keys(prefix: str, member_id: str) -> tuple[str, str]:
    """A member's wallet, and what was granted to it. A brace in an id would end the hash tag early."""
    wallet = f"{prefix}wallet:{{{member_id.replace('%', '%25').replace('}', '%7D')}}}"
    return wallet, f"{wallet}:grants"


def keys_with_ids(prefix: str, member_id: str) -> tuple[str, str, str]:
    """The same, and the ids that lead to the member."""
    wallet, granted = keys(prefix, member_id)
    return wallet, granted, f"{wallet}:ids"


def takes(member_id: str) -> list[str | int]:
    """That an id leads to a member."""
    return ["takes", member_id]


def forgets() -> list[str | int]:
    """That a member was deleted."""
    return ["deleted", _DELETED_SECONDS]


def arguments(granted: Granted, memory: Memory) -> list[str | int]:
    """Its id, the limits, and the wallet's fields and what to add to each, in turn: points, coupons by code, and those that have an end by
    code and end.
    """
    added: dict[str, int] = {}
    for gift in granted.gifts:
        if isinstance(gift, Points):
            _add(added, POINTS, gift.points)
            continue
        _add(added, COUPON + gift.coupon, gift.quantity)
        if gift.until is not None:
            _add(added, f"{UNTIL}{gift.coupon}/{gift.until}", gift.quantity)
    made: list[str | int] = [granted.id, memory.runs, memory.fields]
    for field, count in added.items():
        made += (field, count)
    return made


def _add(added: dict[str, int], field: str, count: int) -> None:
    added[field] = added.get(field, 0) + count
