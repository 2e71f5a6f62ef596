"""The script that adds a grant to a wallet, in Redis, and what goes in and comes out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

SCRIPT = Path(__file__).with_name("apply.lua").read_text(encoding="utf-8")
SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

POINTS = "points"
COUPON = "coupon:"


class Answer(IntEnum):
    """REFUSED: the member's keys hold what no wallet holds. FULL: remembering the grant would take more than the limits allow.

    Either way nothing was changed.
    """

    REFUSED = -1
    KNOWN = 0
    APPLIED = 1
    FULL = 2


class Memory(NamedTuple):
    """What a wallet may remember of grants: runs of ordinals without a gap, of one activity (or level); and such fields in all."""

    runs: int
    fields: int


def keys(prefix: str, member_id: str) -> tuple[str, str]:
    """A member's wallet, and what was granted to it. A brace in an id would end the hash tag early."""
    wallet = f"{prefix}wallet:{{{member_id.replace('%', '%25').replace('}', '%7D')}}}"
    return wallet, f"{wallet}:grants"


def arguments(grant_id: str, memory: Memory, points: int, coupons: Mapping[str, int]) -> list[str | int]:
    """The grant's id, the limits, and the fields of the wallet and what to add to each, in turn."""
    made: list[str | int] = [grant_id, memory.runs, memory.fields]
    if points:
        made += (POINTS, points)
    for code, count in coupons.items():
        made += (COUPON + code, count)
    return made
