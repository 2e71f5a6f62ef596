"""How often gifts are given in a turn, and what they add to the figures: points, coupons, and what these are worth (spec 2.7)."""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Raw

from rules.figures.additions import Performance
from rules.figures.counted import counts_of, row_of
from rules.figures.given import all_given, one_given
from rules.limits.worth import coupon_at
from rules.rulebook.figured import Figured
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_US
from rules.times import told_us


class GivenOut:
    """Of one turn. Gifts of a version are one object, however often they are given."""

    def __init__(self) -> None:
        # In their order: by the id of the gifts, and by how many changes of coupons held when they were released.
        self.given: list[tuple[int, int]] = []
        # By the id of the gifts, which are kept so that it stays theirs: with their activity, and whether all of a grant.
        self._gifts: dict[int, tuple[Raw, Figured, bool]] = {}

    def count(
        self, gifts: Raw, activity: str, grant_id: str, released_at: str | None, whole: bool, rulebook: Rulebook
    ) -> Figured | None:
        """All gifts of a grant (`whole`), or one of them, are given once more; the activity. None: they are in no figures.

        `released_at`: None where a grant has none that is released with it.
        """
        key = id(gifts)
        known = self._gifts.get(key)
        if known is None:
            figured = rulebook.figured.get(activity)
            if figured is None:
                return None
            known = self._gifts[key] = gifts, figured, whole
        if "/test/" in grant_id and is_test(grant_id, rulebook):
            return None
        changes = rulebook.coupon_changes
        self.given.append((key, bisect_right(changes, told_us(released_at)) if changes and released_at is not None else 0))
        return known[1]

    def add_to(self, rows: dict[str, Performance], rulebook: Rulebook) -> None:
        """Adds all that was given to the rows of the activities, by code; coupons by the value that they had when they were released."""
        for (key, changes), times in counts_of(self.given).items():
            gifts, figured, whole = self._gifts[key]
            at_us = rulebook.coupon_changes[changes - 1] if changes else ALWAYS_US
            row = row_of(rows, figured.code)
            row.grants += times if whole else 0
            for gift in all_given(gifts) if whole else (one_given(gifts),):
                if gift.with_grant or not whole:
                    _release(row, gift.coupon, gift.quantity * times, gift.points * times, at_us, rulebook)


def _release(row: Performance, coupon: str | None, quantity: int, points: int, at_us: int, rulebook: Rulebook) -> None:
    """So many of a coupon, or points, are released."""
    if coupon is None:
        row.points += points
        return
    row.coupons[coupon] = row.coupons.get(coupon, 0) + quantity
    defined = coupon_at(rulebook.coupons, coupon, at_us)
    if defined is not None:
        row.value[defined.currency] = row.value.get(defined.currency, 0) + defined.value * quantity


def is_test(grant_id: str, rulebook: Rulebook) -> bool:
    """Whether a grant is a test send: activity/member/test/…, but for that of a level in a program of this code (spec 2.4)."""
    if "/test/" not in grant_id:
        return False
    label = grant_id.split("/", 2)[2]
    return label.startswith("test/") and "/".join(label.split("/", 2)[:2]) not in rulebook.upgrades
