"""What must hold of an order, and what it is known by (spec 1.1, 1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from xxhash import xxh3_64_digest, xxh3_128_digest

from rules.documents.accepted import Accepted
from rules.documents.baskets import sold
from rules.documents.content import DIGEST_BYTES, PURCHASES, business_keys, content_digest_before, encode_values, order_key
from rules.documents.items import items_of
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind
from rules.documents.purchase import ASSETS, MixedPurchase, Payment, Purchase, read
from rules.documents.validity import (
    InvalidDocument,
    check_times,
    check_untold_total,
    no_currency,
    too_many_lines,
    wrong_total,
)
from rules.times import DAY_MS, EPOCH, FIRST_MS


def accept_order(order: Purchase, received_ms: int, judging: Judging, seed: int) -> Accepted:
    """See `rules.documents.accepting`: of what was sold, net of discounts of the basket. All that is asked of every order stands here, in
    one go. Raises InvalidDocument.
    """
    lines, total, payments = order.lines, order.total, order.payments
    if order.mixed:
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
    for payment in payments:
        if payment.method in ASSETS:
            assets = _assets(payments, sum_)
            break
    if len(lines) > judging.max_lines:
        raise too_many_lines(len(lines), judging)
    if order.currency not in judging.currencies:
        raise no_currency(order.currency)
    placed_at = order.placed_at
    # As `epoch_ms`, without a call.
    since = placed_at - EPOCH
    time_ms = since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000
    if not FIRST_MS <= time_ms <= received_ms <= judging.now_ms:
        check_times(order, "placed_at", time_ms, received_ms, judging)
    member_id = order.member_id
    if member_id is None:
        return Accepted(order, time_ms, received_ms, amount, items, assets)
    # Its content is all that counts, and of nothing else: not its ids, nor what was paid how but for what is looked at. As
    # `content_digest` and `order_key`, without a call each.
    content = xxh3_64_digest(
        encode_values(
            (
                order.store_id,
                order.channel,
                order.service_type,
                placed_at if placed_at.tzinfo is UTC else placed_at.astimezone(UTC),
                order.currency,
                lines,
                sorted(assets.items()) if assets else None,
                order.coupons,
                order.promotions,
                order.member_price,
                order.member_discount,
                order.imported,
            )
        )
    )
    own = xxh3_128_digest(encode_values(("order", member_id, order.order_id)), seed)[:DIGEST_BYTES]
    if order.channel != "pos":
        return Accepted(order, time_ms, received_ms, amount, items, assets, content, own)
    business, before = business_keys(PURCHASES, order, seed)
    return Accepted(order, time_ms, received_ms, amount, items, assets, content, own, business, before)


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


def _keys(order: Purchase, seed: int) -> tuple[bytes, bytes | None]:
    assert order.member_id is not None
    business = None if order.channel != "pos" else business_keys(PURCHASES, order, seed)[0]
    return order_key(order.member_id, order.order_id, seed), business


def _content_before(order: Purchase) -> bytes:
    return content_digest_before(order, "order_id", "placed_at")


KIND: Final = Kind(
    shape=Purchase,
    other_shapes=(MixedPurchase,),
    read=read,
    time_field="placed_at",
    accept=accept_order,
    may_be_late=_may_be_late,
    id_field="order_id",
    keys=_keys,
    content_before=_content_before,
)
