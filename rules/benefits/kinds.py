"""The table of kinds: a new kind of benefit is a file of this room and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rules.benefits.benefit import Benefit, BenefitKind
from rules.benefits.birth_month_discount import BIRTH_MONTH_DISCOUNT
from rules.benefits.cash_voucher import CASH_VOUCHER
from rules.benefits.custom import CUSTOM
from rules.benefits.discount import DISCOUNT
from rules.benefits.free_shipping_coupon import FREE_SHIPPING_COUPON
from rules.benefits.upgrade_points import UPGRADE_POINTS, UpgradePoints

_ALL = (UPGRADE_POINTS, DISCOUNT, CASH_VOUCHER, FREE_SHIPPING_COUPON, BIRTH_MONTH_DISCOUNT, CUSTOM)
BENEFIT_KINDS: Mapping[str, BenefitKind] = {kind.name: kind for kind in _ALL}


def kind_of(document: Mapping[str, object]) -> BenefitKind | None:
    """The kind that a benefit says it is of; None where there is none such."""
    name = document.get("kind")
    return BENEFIT_KINDS.get(name) if isinstance(name, str) else None


def kind_of_benefit(benefit: Benefit) -> BenefitKind:
    """That of a benefit that was read."""
    return BENEFIT_KINDS[str(benefit.__struct_config__.tag)]


def unknown_fields(document: Mapping[str, object], kind: BenefitKind) -> list[str]:
    """Those that a benefit of its kind has not."""
    return [name for name in document if name != "kind" and name not in kind.shape.__struct_encode_fields__]


def benefit_of(document: Mapping[str, object]) -> Benefit | None:
    """The benefit of a document, beside upgrade points; None where it is not understood whole: it is shown then, and no more."""
    kind = kind_of(document)
    if kind is None or kind is UPGRADE_POINTS or unknown_fields(document, kind):
        return None
    benefit: Any = _converted(document, kind)
    return None if benefit is None or kind.lacks(benefit) is not None else benefit


def upgrade_points_of(document: Mapping[str, object]) -> UpgradePoints | None:
    """The upgrade points of a document; None where it is of another kind, or shape, as an older release may have published it."""
    points = _converted(document, UPGRADE_POINTS) if kind_of(document) is UPGRADE_POINTS else None
    assert points is None or isinstance(points, UpgradePoints)
    return points


def _converted(document: Mapping[str, object], kind: BenefitKind) -> Any:
    try:
        return msgspec.convert(document, kind.shape)
    except msgspec.ValidationError:
        return None
