"""What a member may use with a cart: by level, channel, month, payment, organization, and what was issued to him (spec 3.8, 3.10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from rules.benefits.had import Issued, Where, candidates_of
from rules.levels.kept import PaidTerm, Standing
from rules.state import ALWAYS_MS, NEVER_MS, Member, Membership, Profile, Seldom
from rules.times import epoch_ms
from tests.folding import Document, rulebook_of

FIVE: Document = {"kind": "discount", "code": "five", "name": "Five", "percentage": 5}
BIRTHDAY: Document = {"kind": "birth_month_discount", "code": "born", "name": "Born", "percentage": 10}
VOUCHER: Document = {"kind": "cash_voucher", "code": "voucher", "name": "V", "amount": 500}


def program(*benefits: Document, **fields: Any) -> Document:
    dual = {"type": "dual", "threshold": 500, "price": 5, "paid_validity": "permanent"}
    levels = [
        {"code": "silver", "name": "Silver", "threshold": 100, "benefits": [FIVE | {"code": "three", "percentage": 3}]},
        {"code": "gold", "name": "Gold", **dual, "benefits": list(benefits)},
    ]
    return {"kind": "program", "code": "club", "name": "Club", "currency": "GBP", "levels": levels} | fields


def member(level: str | None = "gold", *, paid: bool = False, **profile: Any) -> Member:
    membership = Membership("club", ALWAYS_MS, ALWAYS_MS, level=level)
    if paid:
        membership.standing = Standing(paid={"gold": PaidTerm(None, NEVER_MS, True)})
    return Member(memberships=[membership], rest=Seldom(profile=Profile(**profile)))


def at(when: str, channel: str = "pos", currency: str = "GBP") -> Where:
    return Where(channel, currency, epoch_ms(datetime.fromisoformat(when)))


NOW = at("2022-03-05T10:00:00+00:00")


def ids(who: Member, *definitions: Document, where: Where = NOW, issued: tuple[Issued, ...] = ()) -> list[str]:
    return [each.id for each in candidates_of(who, issued, rulebook_of(definitions), where)]


def test_those_of_the_level_that_is_held_and_of_no_other() -> None:
    definition = program(FIVE, {"kind": "custom", "code": "chair", "name": "A chair"})
    assert ids(member(), definition) == ["club/gold/five"]
    assert ids(member("silver"), definition) == ["club/silver/three"]
    assert ids(member(None), definition) == []
    # What is issued is had once it is issued.
    assert ids(member(), program(VOUCHER, FIVE | {"issue": {"yearly": "01-01"}})) == []


def test_who_left_or_whose_program_is_off_has_none() -> None:
    who = member()
    who.memberships[0].since_ms = NEVER_MS
    assert ids(who, program(FIVE)) == []
    issued = Issued("club/gold/voucher/ann/upgrade-1", "club", VOUCHER, "CODE")
    assert ids(member(), program(FIVE, enabled=False), issued=(issued,)) == []


def test_channels_that_do_not_take_part_and_other_currencies() -> None:
    issued = Issued("club/gold/voucher/ann/upgrade-1", "club", VOUCHER, "CODE")
    bank: Document = {"kind": "organization", "code": "bank", "name": "Bank", "benefits": [FIVE]}
    definitions = (program(FIVE, participating_channels=["online"]), bank)
    who = member(organization="bank")
    assert ids(who, *definitions, issued=(issued,)) == ["*bank/five"]
    online = at("2022-03-05T10:00:00+00:00", "online")
    assert ids(who, *definitions, where=online, issued=(issued,)) == ["club/gold/five", "*bank/five", issued.issue_id]
    assert ids(who, *definitions, where=at("2022-03-05T10:00:00+00:00", "online", "EUR")) == ["*bank/five"]


def test_what_was_issued_stays_by_its_terms_whatever_level_is_held() -> None:
    issued = Issued("club/gold/voucher/ann/upgrade-1", "club", VOUCHER | {"amount": 700}, "CODE")
    text = Issued("club/gold/chair/ann/upgrade-1", "club", {"kind": "custom", "code": "chair", "name": "A chair"})
    (found,) = candidates_of(member(None), (issued, issued, text), rulebook_of([program()]), NOW)
    assert (found.id, found.code, found.worth.amount) == (issued.issue_id, "CODE", 700)


def test_what_is_for_those_who_paid() -> None:
    definition = program(FIVE | {"paid_only": True})
    assert ids(member(), definition) == []
    assert ids(member(paid=True), definition) == ["club/gold/five"]


@pytest.mark.parametrize(
    ("birthday", "when", "has"),
    [
        ("1990-02-29", "2022-02-01T00:00:00+00:00", True),
        ("02-29", "2022-02-28T23:59:59+00:00", True),
        ("02-29", "2022-03-01T00:00:00+00:00", False),
        ("", "2022-02-01T00:00:00+00:00", False),
    ],
)
def test_in_the_month_of_the_birthday(birthday: str, when: str, has: bool) -> None:
    assert bool(ids(member(birthday=birthday), program(BIRTHDAY), where=at(when))) is has


def test_the_month_is_of_the_programs_calendar() -> None:
    definition = program(BIRTHDAY, timezone="Asia/Tokyo")
    assert ids(member(birthday="02-29"), definition, where=at("2022-01-31T15:00:00+00:00")) == ["club/gold/born"]
    assert ids(member(birthday="02-29"), definition, where=at("2022-02-28T15:00:00+00:00")) == []


def test_an_organization_has_its_own_members_only() -> None:
    bank: Document = {"kind": "organization", "code": "bank", "name": "Bank", "benefits": [VOUCHER, BIRTHDAY]}
    assert ids(member(None, organization="bank", birthday="03-01"), program(), bank) == ["*bank/voucher", "*bank/born"]
    assert ids(member(None, organization="other"), program(), bank) == []
