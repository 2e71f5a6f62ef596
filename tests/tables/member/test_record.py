"""A member's record is read back as it was, shows who is due without being decoded, and is small where little is used."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from rules.state import ALWAYS_MS, MEMBER_FORMAT, NEVER_MS, HeldRefund, Member, Membership
from rules.times import FIRST_MS, LAST_MS
from tables.member.record import decode_member, due_ms_of, encode_member, may_be_due
from tests.tables.member.members import members, parts

DUE_BYTES = 11


@given(members())
def test_members_come_back_as_they_were(member: Member) -> None:
    assert parts(decode_member(encode_member(member))) == parts(member)


@given(members())
def test_who_is_due_stands_in_the_first_bytes_of_every_record(member: Member) -> None:
    data = encode_member(member)
    due_ms = min((refund.due_ms for refund in member.held), default=NEVER_MS)
    # Nothing after these is looked at.
    assert due_ms_of(data[:DUE_BYTES]) == due_ms
    assert may_be_due(data[:DUE_BYTES]) == (due_ms != NEVER_MS)


@pytest.mark.parametrize("due_ms", [FIRST_MS, -1, 0, 2**31, 2**32, 1_704_110_400_000, LAST_MS])
def test_a_due_time_takes_as_many_bytes_as_any_other(due_ms: int) -> None:
    member = Member()
    member.hold(HeldRefund("r", "o", due_ms, 1, b"raw", "s"))
    assert due_ms_of(encode_member(member)[:DUE_BYTES]) == member.due_ms == due_ms


def test_what_is_not_used_takes_no_bytes() -> None:
    member = Member(memberships=[Membership("classic", ALWAYS_MS, 0)])
    unused = len(encode_member(member))
    # Looked at, and empty again.
    assert member.gained == {}
    member.hold(HeldRefund("r", "o", 1, 1, b"raw", "s"))
    member.keep_held([])
    assert len(encode_member(member)) == unused
    empty = len(encode_member(Member(memberships=[])))
    # No purchases take two bytes.
    assert empty == DUE_BYTES + len(b"\x90\x80\x80\x80\xc3\x00\x00\x00")


def test_what_changes_seldom_is_left_as_it_is_by_who_does_not_ask_for_it() -> None:
    member = Member()
    member.gained["classic/gold"] = 1
    member.hold(HeldRefund("r", "o", 1, 1, b"raw", "s"))
    touched = decode_member(encode_member(member))
    touched.progress[3] = 500
    assert isinstance(touched.rest, msgspec.Raw)
    again = decode_member(encode_member(touched))
    assert (again.gained, list(again.held)) == (member.gained, list(member.held))


@given(members())
def test_records_of_the_release_before_are_read(member: Member) -> None:
    before = (list(member.held), member.memberships, member.progress, member.granted, member.gained, member.registered)
    data = msgspec.msgpack.encode(before)
    assert parts(decode_member(data)) == parts(member)
    assert due_ms_of(data) == member.due_ms
    assert may_be_due(data) or member.due == NEVER_MS


def test_a_record_that_the_release_before_has_written() -> None:
    member = decode_member(
        bytes.fromhex(
            "969196a27231a26f39cf0000018cc4e52200cf0000018c0b803200c4117b2274797065223a22726566756e64227dae706f732e6f726465"
            "72732f302f379195a7636c6173736963d3c000000000000000cf0000018cbe509000cdee48a673696c7665728203cdea6004fb81030282"
            "ae636c61737369632f73696c76657201b0352f636c61737369632f73696c76657201c3"
        )
    )
    raw = b'{"type":"refund"}'
    assert list(member.held) == [HeldRefund("r1", "o9", 1_704_110_400_000, 1_701_000_000_000, raw, "pos.orders/0/7")]
    assert member.memberships == [Membership("classic", ALWAYS_MS, 1_704_000_000_000, 61_000, "silver")]
    assert (member.progress, member.granted) == ({3: 60_000, 4: -5}, {3: 2})
    assert member.gained == {"classic/silver": 1, "5/classic/silver": 1}
    assert (member.registered, member.due_ms) == (True, 1_704_110_400_000)


@pytest.mark.parametrize("newer", [MEMBER_FORMAT + 1, MEMBER_FORMAT + 7])
def test_a_newer_record_is_refused(newer: int) -> None:
    data = bytearray(encode_member(Member()))
    data[1] = newer
    with pytest.raises(msgspec.ValidationError):
        decode_member(bytes(data))
