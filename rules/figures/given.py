"""What gifts add to the figures: points, coupons, and what these are worth (spec 2.7)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from msgspec import Raw, Struct

_REMEMBERED = 4_096


class Given(Struct, frozen=True, gc=False):
    """A gift of a definition: `coupon` or `points`; `with_grant`: whether it is released and claimed with its grant, and not told of
    besides.
    """

    coupon: str | None = None
    quantity: int = 1
    points: int = 0
    release: str = "instant"
    claim: str = "automatic"

    @property
    def with_grant(self) -> bool:
        """See Given."""
        return self.release == "instant" and self.claim == "automatic"


_decode = msgspec.json.Decoder(tuple[Given, ...]).decode
_decode_one = msgspec.json.Decoder(Given).decode


def all_given(gifts: Raw) -> Sequence[Given]:
    """The gifts of a grant."""
    return _all_given(bytes(gifts))


def one_given(gift: Raw) -> Given:
    """One gift."""
    return _one_given(bytes(gift))


@lru_cache(_REMEMBERED)
def _all_given(gifts: bytes) -> Sequence[Given]:
    return _decode(gifts)


@lru_cache(_REMEMBERED)
def _one_given(gift: bytes) -> Given:
    return _decode_one(gift)
