"""A level of a program paid for (spec 1.9)."""

from __future__ import annotations

from datetime import UTC

from msgspec import Struct

from rules.documents.content import content_digest, payment_key
from rules.documents.fields import Amount, Id, Time
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind, KnownBy
from rules.documents.lines import Items
from rules.documents.tolerant.fields import Fields
from rules.documents.validity import no_currency


class LevelPayment(Struct, gc=False, tag="payment", tag_field="type", kw_only=True, omit_defaults=True):
    """A level paid for. `program` left out: the default one. `from_level`: whose price was asked, where prices are by the level held."""

    payment_id: Id
    member_id: Id
    level: Id
    paid_at: Time
    amount: Amount
    currency: str
    program: Id | None = None
    from_level: Id | None = None
    received_at: Time | None = None


def _read(fields: Fields) -> LevelPayment:
    """As tolerantly as may be."""
    return LevelPayment(
        payment_id=fields.id("payment_id"),
        member_id=fields.id("member_id"),
        level=fields.id("level"),
        paid_at=fields.time("paid_at"),
        amount=fields.amount("amount"),
        currency=fields.text("currency"),
        program=fields.id_or_none("program"),
        from_level=fields.id_or_none("from_level"),
        received_at=fields.time_or_none("received_at"),
    )


def _check(payment: LevelPayment, judging: Judging) -> tuple[Items, int, Assets]:
    """What there is to be paid for, and for how much, is looked at when it is applied. Raises InvalidDocument."""
    if payment.currency not in judging.currencies:
        raise no_currency(payment.currency)
    return [], 0, NO_ASSETS


def _known_by(payment: LevelPayment, _: Assets, seed: int) -> KnownBy:
    """Its content is all that counts."""
    at = payment.paid_at.astimezone(UTC)
    content = content_digest((payment.program, payment.level, payment.from_level, at, payment.amount, payment.currency))
    return content, payment_key(payment.member_id, payment.payment_id, seed), None, None


KIND = Kind(
    shape=LevelPayment,
    read=_read,
    time_field="paid_at",
    check=_check,
    id_field="payment_id",
    known_by=_known_by,
)
