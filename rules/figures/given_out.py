"""What gifts that are given in a turn add to the figures: points, coupons, and what these are worth (spec 2.7)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rules.figures.additions import Performance
from rules.figures.counted import counts_of, row_of
from rules.figures.given import all_given, one_given
from rules.figures.noted import GivenOut
from rules.limits.worth import coupon_at
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_US
from rules.times import told_us


def add_given(listed: Sequence[GivenOut], rows: dict[str, Performance], rulebook: Rulebook) -> None:
    """Adds all that was given to the rows of the activities, by code; coupons by the value that they had when they were released."""
    changes = rulebook.coupon_changes
    # Gifts of a version are one object, however often they are given; of what is released, how many changes of coupons held then.
    keys = [
        (id(each.gifts), 0 if each.released_at is None or not changes else bisect_right(changes, told_us(each.released_at)))
        for each in listed
    ]
    alike = dict(zip(keys, listed, strict=True))
    for key, times in counts_of(keys).items():
        given, changed = alike[key], key[1]
        row = row_of(rows, given.activity.code)
        row.grants += times if given.whole else 0
        for gift in all_given(given.gifts) if given.whole else (one_given(given.gifts),):
            if gift.with_grant or not given.whole:
                at_us = changes[changed - 1] if changed else ALWAYS_US
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
