"""One gift released, or claimed: what is said of it (spec 2.6, 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rules.gifts.terms import GiftTerms, Granting, Terms
from rules.gifts.waiting import Claimable
from rules.happened import Released
from rules.times import DAY_MS, epoch_ms, epoch_us, iso

# What nobody has claimed is remembered so long after its release, or after the end of its fixed validity: whoever comes after three years
# has forgotten it as well. A claim of it is then dropped like a second one.
CLAIMABLE_MS = 1_100 * DAY_MS


class Release:
    """Gifts of grants of one version, released at one time."""

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
    if gift.by_member:
        return Released(
            grant_id, gift.place, "released", member_id, version.code, version.version, at, None, None, None, gift.document
        )
    valid = gift.valid(at, releasing.at_ms)
    valid_from, valid_to = (None, None) if valid is None else (valid.from_, valid.to)
    return Released(
        grant_id, gift.place, "released", member_id, version.code, version.version, at, at, valid_from, valid_to, gift.document
    )


def claimable(releasing: Release, gifts: Sequence[GiftTerms], first: int, last: int, label: str, of: str = "") -> Claimable:
    """What is remembered of released gifts until a member claims them."""
    until_ms = max([releasing.at_ms, *(gift.ends_us // 1000 for gift in gifts if gift.fixed is not None)]) + CLAIMABLE_MS
    places = [gift.place for gift in gifts]
    return Claimable(until_ms, releasing.version.ref, epoch_us(releasing.at), places, first, last, label, of)
