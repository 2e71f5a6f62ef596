"""One gift released, or claimed: what is said of it (spec 2.6, 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rules.gifts.terms import GiftTerms, Granting, Terms
from rules.gifts.waiting import Claimable
from rules.happened import Released, grants_of
from rules.times import DAY_MS, epoch_ms, epoch_us, iso, moment

# What nobody has claimed is remembered so long after its release, or after the end of its fixed validity: whoever comes after three years
# has forgotten it as well. A claim of it is then dropped like a second one.
CLAIMABLE_MS: Final = 1_100 * DAY_MS
# A million gifts are due at one time, of few versions.
_REMEMBERED_MAX: Final = 1_000


class Release:
    """Gifts of grants of one version, released at one time: what is the same for all whom it is done for."""

    __slots__ = ("at", "at_ms", "terms", "text", "version")

    def __init__(self, version: Granting, terms: Terms, at: datetime) -> None:
        self.version = version
        self.terms = terms
        self.at = at
        self.at_ms = epoch_ms(at)
        self.text = iso(at)


def release(releasing: Release, gift: GiftTerms, grant_id: str, member_id: str) -> Released:
    """A gift that is released; claimed with that, unless a member is to claim it."""
    version, at = releasing.version, releasing.text
    claimed_at, valid_from, valid_to = claimed_with(releasing, gift)
    return Released(
        grant_id,
        gift.place,
        "released",
        member_id,
        version.code,
        version.version,
        at,
        claimed_at,
        valid_from,
        valid_to,
        gift.document,
    )


def claimed_with(releasing: Release, gift: GiftTerms) -> tuple[str | None, str | None, str | None]:
    """When a gift is claimed that is released, and from when to when it is valid then."""
    if gift.by_member:
        return None, None, None
    valid = gift.valid(releasing.text, releasing.at_ms)
    return (releasing.text, None, None) if valid is None else (releasing.text, valid.from_, valid.to)


class Waited:
    """Gifts of grants of one version that waited for one time. `says`: of each its place, when it is claimed by that and from when to when
    it is valid then, and itself; `by_member`: those that a member is to claim; `tells`: whether somebody is told that coupons arrive.
    `ids_begin`: what the ids of these grants have before the member.
    """

    __slots__ = ("by_member", "code", "ids_begin", "releasing", "says", "tells", "version")

    def __init__(self, version: Granting, terms: Terms, daily: bool, due_ms: int) -> None:
        releasing = self.releasing = Release(version, terms, moment(due_ms))
        gifts = terms.unreleased(daily)
        self.code, self.version = version.code, version.version
        self.ids_begin = grants_of(version.code, "").removesuffix("/")
        self.says = [(gift.place, *claimed_with(releasing, gift), gift.document) for gift in gifts]
        self.by_member = [gift for gift in gifts if gift.by_member]
        self.tells = terms.notify is not None and any(gift.is_coupon for gift in gifts)


class ReleasedTogether:
    """What is the same for all of whom gifts of one version are due at one time; of a few times it is remembered."""

    def __init__(self) -> None:
        self._found: dict[tuple[Terms, bool, int], Waited] = {}

    def of(self, version: Granting, ordinal: int, daily: bool, due_ms: int) -> Waited:
        """Those of grants of an ordinal; 0 for one without."""
        terms = version.terms_of(ordinal)
        key = (terms, daily, due_ms)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _REMEMBERED_MAX:
                self._found.clear()
            found = self._found[key] = Waited(version, terms, daily, due_ms)
        return found


def claimable(releasing: Release, gifts: Sequence[GiftTerms], first: int, last: int, label: str, of: str = "") -> Claimable:
    """What is remembered of released gifts until a member claims them."""
    until_ms = max([releasing.at_ms, *(gift.ends_us // 1000 for gift in gifts if gift.fixed is not None)]) + CLAIMABLE_MS
    places = [gift.place for gift in gifts]
    return Claimable(until_ms, releasing.version.ref, epoch_us(releasing.at), places, first, last, label, of)
