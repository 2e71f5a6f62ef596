"""A record of `notifications`, as delivery reads it for one channel (spec 4.3)."""

from __future__ import annotations

import json

import msgspec
import pytest

from rules.happened import CouponArrival, LevelUpgraded
from streams.decode import Malformed
from streams.notices import notices_by_mini_program, notices_by_sms

AT = "2026-03-02T00:00:00+00:00"


def arrival(mini_program: str = "main", at: str = AT) -> bytes:
    """As the aggregation puts it out."""
    return msgspec.json.encode(CouponArrival("a/ann/1", "ann", mini_program, "u1", "coupon-arrived", at))


def test_a_coupon_arrival_is_for_its_mini_program_and_known_by_grant_mini_program_and_time() -> None:
    notice = notices_by_mini_program(arrival(), 1_000)
    assert notice is not None and notices_by_sms(arrival(), 1_000) is None
    assert (notice.type, notice.member_id, notice.at) == ("coupon_arrival", "ann", AT)
    assert json.loads(bytes(notice.record)) == json.loads(arrival())
    others = [notices_by_mini_program(each, 1_000) for each in (arrival("other"), arrival(at="2026-03-03T00:00:00+00:00"))]
    assert len({notice.key, *(each.key for each in others if each)}) == 3


def test_what_comes_without_a_grant_is_known_by_its_bytes() -> None:
    records = [
        json.dumps({"type": "upgrade", "member_id": "ann", "at": AT, "channel": "sms", "text": text}).encode() for text in "ab"
    ]
    first, again, other = (notices_by_sms(each, 1_000) for each in (records[0], records[0], records[1]))
    assert first and again and other and first.key == again.key != other.key
    assert notices_by_mini_program(records[0], 1_000) is None


@pytest.mark.parametrize(
    "record", [None, b"", b"[]", b"{", b'{"type":"x","member_id":"m"}', b'{"type":"x","member_id":"m","at":"' + AT.encode() + b'"}']
)
def test_what_is_none_is_refused(record: bytes | None) -> None:
    with pytest.raises(Malformed):
        notices_by_sms(record, 1_000)


def test_what_a_program_tells_is_known_by_program_level_member_channel_and_time() -> None:
    def told(channel: str = "sms", level: str | None = "gold", member: str = "ann", text: str = "Welcome") -> bytes:
        return msgspec.json.encode(LevelUpgraded("classic", level, member, channel, None, "447700900123", text, AT))

    notices = [notices_by_sms(each, 1_000) for each in (told(), told(level=None), told(member="bob"))]
    assert len({notice.key for notice in notices if notice is not None}) == 3
    again = notices_by_sms(told(text="Hello"), 1_000)
    assert again is not None and notices[0] is not None and again.key == notices[0].key
    assert notices_by_mini_program(told(), 1_000) is None and notices_by_mini_program(told("mini_program"), 1_000) is not None


def test_an_email_is_for_neither() -> None:
    record = json.dumps({"type": "upgrade", "member_id": "ann", "at": AT, "channel": "email"}).encode()
    assert notices_by_sms(record, 1_000) is None and notices_by_mini_program(record, 1_000) is None
