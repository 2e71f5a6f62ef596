"""A record of `gifts`, as delivery reads it (spec 2.4, 4.1)."""

from __future__ import annotations

import msgspec
import pytest

from rules.definitions.fields import Code
from rules.gifts.granted import Coupons, Granted, Points
from rules.happened import Grant, Released, Valid, grants_of
from streams.decode import Limits, Malformed, decode
from streams.grants import decode_grant, decode_release

LONGEST_CODE = "c" * 128
# Each is escaped threefold in a grant's id.
LONGEST_MEMBER = "/" * 256


def record(grant_id: str) -> bytes:
    return msgspec.json.encode({"grant_id": grant_id, "member_id": LONGEST_MEMBER, "gifts": [{"kind": "points", "points": 1}]})


def test_a_grants_id_as_long_as_it_can_be_is_taken() -> None:
    grant_id = f"{grants_of(LONGEST_CODE, LONGEST_MEMBER)}{LONGEST_CODE}/{LONGEST_CODE}/{10**9}"
    assert decode_grant(record(grant_id), 1 << 20) == Granted(grant_id, LONGEST_MEMBER, (Points(1),))


def test_nothing_that_goes_into_one_is_longer() -> None:
    msgspec.convert(LONGEST_CODE, Code)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(LONGEST_CODE + "c", Code)
    for more, taken in (("", True), ("m", False)):
        member = msgspec.json.encode({"type": "member", "member_id": LONGEST_MEMBER + more})
        try:
            decode(member, Limits(1 << 20, 10))
        except Malformed:
            assert not taken
        else:
            assert taken


def test_an_id_that_goes_on_is_refused() -> None:
    with pytest.raises(Malformed, match="grant_id"):
        decode_grant(record("x" * 4096), 1 << 20)


GIFTS = [
    {"kind": "coupon", "coupon": "mug", "quantity": 2, "validity": {"days": 7}},
    {"kind": "points", "points": 5, "release": "daily"},
    {"kind": "coupon", "coupon": "mug", "claim": "member"},
    {"kind": "points", "points": 7},
]


def put_out(gifts: list[dict[str, object]], valid: list[Valid | None] | None) -> bytes:
    """As the aggregation does."""
    raw = msgspec.Raw(msgspec.json.encode(gifts))
    return msgspec.json.encode(
        Grant(
            "a/ann/1", "a", "ann", 1, "o", "2026-01-01T12:00:00+00:00", raw, 1, released_at="2026-01-01T12:00:00+00:00", valid=valid
        )
    )


def test_of_a_grant_those_gifts_are_given_that_are_claimed_with_it() -> None:
    # In any offset; a wallet keeps one.
    valid = [Valid("2026-01-01T12:00:00+00:00", "2026-01-09T00:59:59+01:00"), None, None, None]
    given = (Coupons("mug", 2, "2026-01-08T23:59:59+00:00"), Points(7))
    assert decode_grant(put_out(GIFTS, valid), 1 << 20) == Granted("a/ann/1", "ann", given)
    assert decode_grant(put_out(GIFTS[1:3], None), 1 << 20) is None
    # As a release before this one put them out.
    assert decode_grant(put_out(GIFTS[:1], None), 1 << 20) == Granted("a/ann/1", "ann", (Coupons("mug", 2),))


def released(claimed_at: str | None, valid_to: str | None) -> bytes:
    raw = msgspec.Raw(msgspec.json.encode(GIFTS[2]))
    at = "2026-01-01T12:00:00+00:00"
    return msgspec.json.encode(Released("a/ann/1", 3, "claimed", "ann", "a", 1, at, claimed_at, claimed_at, valid_to, raw))


def test_of_a_release_the_gift_is_given_once_it_is_claimed() -> None:
    at, end = "2026-01-02T12:00:00+00:00", "2026-01-08T23:59:59+00:00"
    assert decode_release(released(None, None), 1 << 20) is None
    given = decode_release(released(at, end), 1 << 20)
    assert given == Granted("a/ann/1", "ann", (Coupons("mug", 1, end),), 3) and given.id == "*3/a/ann/1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [(None, "undecodable"), (b"oops", "undecodable"), (b"[]", "undecodable"), (b"{}", "invalid"), (b"x" * 101, "too_large")],
)
def test_what_is_no_release_is_said_so(data: bytes | None, reason: str) -> None:
    with pytest.raises(Malformed) as malformed:
        decode_release(data, 100)
    assert malformed.value.reason == reason
