"""A record of `gifts`, as delivery reads it (spec 2.4, 4.1)."""

from __future__ import annotations

import msgspec
import pytest

from rules.definitions.fields import Code
from rules.happened import grants_of
from streams.decode import Limits, Malformed, decode
from streams.grants import decode_grant

LONGEST_CODE = "c" * 128
# Each is escaped threefold in a grant's id.
LONGEST_MEMBER = "/" * 256


def record(grant_id: str) -> bytes:
    return msgspec.json.encode({"grant_id": grant_id, "member_id": LONGEST_MEMBER, "gifts": [{"kind": "points", "points": 1}]})


def test_a_grants_id_as_long_as_it_can_be_is_taken() -> None:
    grant_id = f"{grants_of(LONGEST_CODE, LONGEST_MEMBER)}{LONGEST_CODE}/{LONGEST_CODE}/{10**9}"
    assert decode_grant(record(grant_id), 1 << 20).grant_id == grant_id


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
