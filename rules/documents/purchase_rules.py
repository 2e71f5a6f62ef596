"""What must hold of an order, and what it is known by (spec 1.1, 1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from xxhash import xxh3_64_digest

from rules.documents.baskets import sold
from rules.documents.content import PURCHASES, business_keys, content_digest_before, encode_values, order_key
from rules.documents.items import items_of
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind, KnownBy
from rules.documents.lines import Items
from rules.documents.purchase import ASSETS, MixedPurchase, Payment, Purchase, read
from rules.documents.validity import InvalidDocument, check_untold_total, no_currency, too_many_lines, wrong_total


def _check(order: Purchase, judging: Judging) -> tuple[Items, int, Assets]:
    """Of what was sold, net of discounts of the basket."""
    lines, total = order.lines, order.total
    if type(order) is MixedPurchase:
        items, amount = items_of(sold(lines))
        of_lines = sum(line.amount for line in lines)
    else:
        items, amount = items_of(lines)
        of_lines = amount
    sum_ = of_lines + order.fees + order.tax + order.rounding
    if sum_ != total:
        if total is not None:
            raise wrong_total(of_lines, sum_ - of_lines, total)
        check_untold_total(sum_)
    assets = NO_ASSETS
    for payment in order.payments:
        if payment.method in ASSETS:
            assets = _assets(order.payments, sum_)
            break
    if len(lines) > judging.max_lines:
        raise too_many_lines(len(lines), judging)
    if order.currency not in judging.currencies:
        raise no_currency(order.currency)
    return items, amount, assets


def _assets(payments: Sequence[Payment], total: int) -> Assets:
    """What assets paid. Change, rounding and other tenders need not add up (spec 1.1). Raises InvalidDocument."""
    assets: dict[str, int] = {}
    for place, payment in enumerate(payments):
        if payment.method in ASSETS and payment.amount:
            if payment.amount < 0:
                raise InvalidDocument(f"/payments/{place}/amount", f"expected 0 or more; got {payment.amount}")
            assets[payment.method] = assets.get(payment.method, 0) + payment.amount
    if assets and (paid := sum(assets.values())) > total:
        problem = f"expected at most the total, {total}, from gift cards, group vouchers, prepaid balance and points; got {paid}"
        raise InvalidDocument("/payments", problem)
    return assets


def _may_be_late(order: Purchase) -> bool:
    return order.imported


def _known_by(order: Purchase, assets: Assets, seed: int) -> KnownBy:
    """Its content is all that counts, and of nothing else: not its ids, nor what was paid how but for what is looked at."""
    placed_at, member_id = order.placed_at, order.member_id
    assert member_id is not None
    # As `content_digest`, without a call.
    content = xxh3_64_digest(
        encode_values(
            (
                order.store_id,
                order.channel,
                order.service_type,
                placed_at if placed_at.tzinfo is UTC else placed_at.astimezone(UTC),
                order.currency,
                order.lines,
                sorted(assets.items()) if assets else None,
                order.coupons,
                order.promotions,
                order.member_price,
                order.member_discount,
                order.imported,
            )
        )
    )
    own = order_key(member_id, order.order_id, seed)
    if order.channel != "pos":
        return content, own, None, None
    business, before = business_keys(PURCHASES, order, seed)
    return content, own, business, before


def _content_before(order: Purchase) -> bytes:
    return content_digest_before(order, "order_id", "placed_at")


KIND: Final = Kind(
    shape=Purchase,
    other_shapes=(MixedPurchase,),
    read=read,
    time_field="placed_at",
    check=_check,
    may_be_late=_may_be_late,
    id_field="order_id",
    known_by=_known_by,
    content_before=_content_before,
)
