"""The gifts of a version, compiled: how each is released, who claims it, and how long it is valid then (spec 2.1, 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
from msgspec import Raw

from rules.definitions.gifts import CouponGift, FixedValidity, Gift, Notify
from rules.gifts.release_times import LastSeconds
from rules.happened import Valid
from rules.state import NEVER_MS
from rules.times import epoch_us, iso


@dataclass(slots=True, eq=False)
class GiftTerms:
    """One gift, `place` from 1. `ends`: of a relative validity; `fixed`: the two times of a fixed one; `ends_us`: the second of
    them (epoch microseconds).
    """

    place: int
    document: Raw
    is_coupon: bool
    instant: bool
    daily: bool
    by_member: bool
    ends: LastSeconds | None = None
    fixed: tuple[str, str] | None = None
    ends_us: int = NEVER_MS

    def valid(self, claimed_at: str, claimed_ms: int) -> Valid | None:
        """From when to when it is valid, claimed then (the same time twice); None of points."""
        if not self.is_coupon:
            return None
        if self.fixed is not None:
            return Valid(*self.fixed)
        return Valid(claimed_at, None if self.ends is None else self.ends.of(claimed_ms))


@dataclass(slots=True, eq=False)
class Terms:
    """All gifts of a grant, by the clocks of a zone. `plain`: each is released with the grant and claimed by that, and nobody is told, so
    that nothing is put out beside the grant or remembered. `instant`: whether some are released with it. `with_grant`: whether some
    coupons are claimed with it, too. `notify`: who is told of the arrival of coupons; None where there is nobody or none (spec 4.3).
    """

    timezone: str
    gifts: tuple[GiftTerms, ...]
    plain: bool
    instant: bool
    with_grant: bool
    notify: Notify | None
    _hourly: Sequence[GiftTerms] = field(init=False)
    _daily: Sequence[GiftTerms] = field(init=False)

    def __post_init__(self) -> None:
        waiting = [gift for gift in self.gifts if not gift.instant]
        self._hourly = [gift for gift in waiting if not gift.daily]
        self._daily = [gift for gift in waiting if gift.daily]

    def unreleased(self, daily: bool) -> Sequence[GiftTerms]:
        """Those that are released at a full hour, or at midnight."""
        return self._daily if daily else self._hourly


class Granting(Protocol):
    """A version of whatever activity makes grants, compiled."""

    @property
    def ref(self) -> int:
        """The number of its record on the definitions topic."""

    @property
    def first_ref(self) -> int:
        """That of the activity's first version."""

    @property
    def code(self) -> str:
        """The activity's."""

    @property
    def version(self) -> int:
        """1, 2, …"""

    def terms_of(self, ordinal: int) -> Terms:
        """Of the gifts of a grant; 0 for one without an ordinal."""


def compile_terms(gifts: Sequence[Gift], documents: Sequence[object], timezone: str, notify: Notify | None) -> Terms:
    """`documents`: the gifts as they were written."""
    terms = tuple(_gift(place, gift, documents[place - 1], timezone) for place, gift in enumerate(gifts, 1))
    told = notify if notify is not None and notify.mini_programs and any(gift.is_coupon for gift in terms) else None
    with_grant = [gift for gift in terms if gift.instant and not gift.by_member]
    return Terms(
        timezone,
        terms,
        plain=told is None and len(with_grant) == len(terms),
        instant=any(gift.instant for gift in terms),
        with_grant=any(gift.is_coupon for gift in with_grant),
        notify=told,
    )


def _gift(place: int, gift: Gift, document: object, timezone: str) -> GiftTerms:
    terms = GiftTerms(
        place,
        Raw(msgspec.json.encode(document)),
        isinstance(gift, CouponGift),
        gift.release == "instant",
        gift.release == "daily",
        gift.claim == "member",
    )
    validity = gift.validity if isinstance(gift, CouponGift) else None
    if validity is not None and "days" in validity:
        terms.ends = LastSeconds(int(validity["days"]), timezone)
    elif validity is not None:
        fixed = msgspec.convert(validity, FixedValidity)
        terms.fixed = (iso(fixed.from_), iso(fixed.to))
        terms.ends_us = epoch_us(fixed.to)
    return terms
