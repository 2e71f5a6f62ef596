"""The table of kinds: a new kind of definition, or type of activity, is a file of this room and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rules.definitions.bulk import BULK, Bulk
from rules.definitions.coupon import COUPON, Coupon
from rules.definitions.cumulative_spend import CUMULATIVE_SPEND, CumulativeSpend
from rules.definitions.kind import Kind
from rules.definitions.message_centre import MESSAGE_CENTRE, MessageCentre
from rules.definitions.organization import ORGANIZATION, Organization
from rules.definitions.program import PROGRAM, Program
from rules.definitions.segment import SEGMENT, Segment
from rules.definitions.tier_upgrade import TIER_UPGRADE, TierUpgrade
from rules.definitions.times import with_times_cut

ACTIVITY = "activity"
TYPES_OF_ACTIVITY: Mapping[str, Kind] = {kind.name: kind for kind in (CUMULATIVE_SPEND, TIER_UPGRADE, BULK)}
OTHER_KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (PROGRAM, ORGANIZATION, COUPON, SEGMENT, MESSAGE_CENTRE)}

KINDS = (ACTIVITY, *OTHER_KINDS)
AnyDefinition = CumulativeSpend | TierUpgrade | Bulk | Program | Organization | Coupon | Segment | MessageCentre


def kind_of(document: Mapping[str, object]) -> Kind | None:
    """The kind that a document says it is of; None where there is none such."""
    kind, type_ = document.get("kind"), document.get("type")
    if kind == ACTIVITY:
        return TYPES_OF_ACTIVITY.get(type_) if isinstance(type_, str) else None
    return OTHER_KINDS.get(kind) if isinstance(kind, str) else None


def without_nulls(value: object) -> object:
    """A copy of a document in which fields that hold null are left out: an empty field means its default."""
    if isinstance(value, Mapping):
        return {key: without_nulls(held) for key, held in value.items() if held is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def parse(document: Mapping[str, object]) -> Any:
    """The definition of a document. Raises msgspec.ValidationError where it is of no kind, or has not its shape."""
    kind = kind_of(document)
    if kind is None:
        raise msgspec.ValidationError(f"there is no kind {document.get('kind')!r} of type {document.get('type')!r}")
    return msgspec.convert(with_times_cut(without_nulls(document)), kind.shape)
