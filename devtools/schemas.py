"""The JSON Schemas of what comes in, what goes out and what is defined: python -m devtools.schemas writes docs/schemas."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from devtools.document_schemas import (
    change_schema,
    claim_schema,
    member_schema,
    payment_schema,
    points_schema,
    purchase_schema,
    refund_schema,
    test_send_schema,
)
from devtools.feed_schemas import receipt_schema, web_order_schema
from devtools.segment_schema import schedule_schema, segment_schema
from rules.benefits.chosen import BenefitsChosen
from rules.benefits.kinds import BENEFIT_KINDS
from rules.definitions.bulk import Bulk
from rules.definitions.coupon import Coupon
from rules.definitions.cumulative_spend import CumulativeSpend
from rules.definitions.gifts import FixedValidity, Gift, Notify, RelativeValidity
from rules.definitions.message_centre import MessageCentre
from rules.definitions.organization import Organization
from rules.definitions.program import Program
from rules.definitions.segment import Segment
from rules.definitions.tier_upgrade import TierUpgrade
from rules.figures.additions import Additions
from rules.happened import (
    BenefitIssued,
    CouponArrival,
    Departed,
    Grant,
    LevelChange,
    LevelUpgraded,
    Refusal,
    Released,
    RulesAndBenefits,
    Threshold,
)
from sinks.topics.formats import Attempted, DeadLetter

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"
_REF = "#/$defs/{name}"
# What benefits are made of: of a shape for each kind.
_BENEFITS = tuple(kind.shape for kind in BENEFIT_KINDS.values())
# What a segment is made of; the definition of one that is saved has its name.
_SEGMENT = "Members"
# Times that go out: written by us, as text.
_TIMES = {
    "occurred_at",
    "since",
    "received_at",
    "released_at",
    "claimed_at",
    "valid_from",
    "valid_to",
    "at",
    "from",
    "to",
    "issued_at",
    "settled_at",
    "next_at",
}

# By file: what it describes, and its title.
SCHEMAS: dict[str, tuple[Any, str]] = {
    "grant.json": (Grant, "A grant, on gifts"),
    "release.json": (Released, "A gift released or claimed, on releases"),
    "notification.json": (CouponArrival | LevelUpgraded | RulesAndBenefits, "What a member is told, on notifications"),
    "benefit-issued.json": (BenefitIssued, "A benefit issued to a member, on benefits"),
    "benefits-chosen.json": (BenefitsChosen, "Another choice than the best, at a till, on choices"),
    "departed.json": (Departed, "An id that is its own no longer, on departures"),
    "level-changed.json": (LevelChange, "A change of level, on levels"),
    "threshold-crossed.json": (Threshold, "Thresholds reached, on thresholds"),
    "refusal.json": (Refusal, "A grant that a limit refused, on refusals"),
    "figures-added.json": (Additions, "What a turn adds to the figures, on figures"),
    "attempted.json": (Attempted, "Attempts at giving to a sink, on deliveries"),
    "dead-letter.json": (DeadLetter, "A document that could not be taken, on dead-letters"),
    "activity.json": (CumulativeSpend | TierUpgrade | Bulk, "An activity, as it is defined"),
    "definition.json": (
        Program | Organization | Coupon | Segment | MessageCentre,
        "What is defined beside activities",
    ),
}

# Likewise, of what comes in: it is read more tolerantly than any type says.
WRITTEN: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "purchase.json": (purchase_schema, "An order, on pos.orders and online.orders"),
    "refund.json": (refund_schema, "A refund, on pos.orders and online.orders"),
    "member.json": (member_schema, "A member registered or changed, on members"),
    "claim.json": (claim_schema, "A claim, on members"),
    "payment.json": (payment_schema, "A payment for a level, on membership.payments"),
    "points.json": (points_schema, "Points earned or taken back, on points"),
    "test-send.json": (test_send_schema, "A test send, on members"),
    "change.json": (change_schema, "A change of a definition: a request, a record on definitions, a line of a replay"),
    "receipt.json": (receipt_schema, "A receipt of a till, on pos.orders and online.orders"),
    "web-order.json": (web_order_schema, "An order of a web shop, on pos.orders and online.orders"),
}


def schema_text(name: str) -> str:
    """The file of that name, as it must be."""
    if name in WRITTEN:
        made, title = WRITTEN[name]
        return _text(title, made())
    described, title = SCHEMAS[name]
    extra = {Grant: (Gift, Notify), Released: (Gift,), BenefitIssued: _BENEFITS}.get(described, ())
    (schema, *_), components = msgspec.json.schema_components(
        (described, *extra, *(_BENEFITS if name == "definition.json" else ()), RelativeValidity, FixedValidity),
        schema_hook=_anything,
        ref_template=_REF,
    )
    _mend(components)
    used = _used(schema, components)
    return _text(title, schema | {"$defs": {key: components[key] for key in sorted(used)}})


def write() -> None:
    """Writes every file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in (*SCHEMAS, *WRITTEN):
        (FOLDER / name).write_text(schema_text(name), "utf-8")


def _text(title: str, schema: dict[str, Any]) -> str:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _anything(type_: type) -> dict[str, Any]:
    """The schema of `object`, as the fields of benefits have it: `_mend` says what they are."""
    assert type_ is object, type_
    return {"description": "anything"}


def _mend(components: dict[str, Any]) -> None:
    """Says what types alone do not: what is kept as raw JSON, and patterns as JSON Schema writes them."""
    if grant := components.get("Grant"):
        gifts = {"anyOf": [{"$ref": _REF.format(name=name)} for name in ("CouponGift", "PointsGift")]}
        grant["properties"]["gifts"] = {"type": "array", "items": gifts}
        # What is published may gain fields.
        _walk(components, lambda node: node.pop("additionalProperties", None))
        grant["properties"]["notify"] = {"anyOf": [{"$ref": _REF.format(name="Notify")}, {"type": "null"}], "default": None}
    if released := components.get("Released"):
        released["properties"]["given"] = {"anyOf": [{"$ref": _REF.format(name=name)} for name in ("CouponGift", "PointsGift")]}
        _walk(components, lambda node: node.pop("additionalProperties", None))
    if issued := components.get("BenefitIssued"):
        issued["properties"]["terms"] = {"anyOf": [{"$ref": _REF.format(name=shape.__name__)} for shape in _BENEFITS]}
        _walk(components, lambda node: node.pop("additionalProperties", None))
    if coupon := components.get("CouponGift"):
        validity = [{"$ref": _REF.format(name=name)} for name in ("RelativeValidity", "FixedValidity")]
        coupon["properties"]["validity"] = {"anyOf": validity}
    for name in {"Level", "Organization"} & components.keys():
        of_kinds = [{"$ref": _REF.format(name=shape.__name__)} for shape in _BENEFITS]
        components[name]["properties"]["benefits"]["items"] = {"anyOf": of_kinds}
    for name in {"Bulk", "Segment"} & components.keys():
        components[_SEGMENT] = segment_schema(_REF.format(name=_SEGMENT))
        components[name]["properties"]["segment"] = {"$ref": _REF.format(name=_SEGMENT)}
    if bulk := components.get("Bulk"):
        bulk["properties"]["schedule"] = schedule_schema()
    for component in components.values():
        for field in _TIMES & component.get("properties", {}).keys():
            if component["properties"][field].get("type") == "string":
                component["properties"][field]["format"] = "date-time"
    _walk(components, _mend_pattern)
    _walk(components, _mend_description)


def _mend_pattern(node: dict[str, Any]) -> None:
    # \Z is Python's; without it the patterns would take a line's end more.
    if isinstance(pattern := node.get("pattern"), str):
        node["pattern"] = pattern.removesuffix("\\Z").removesuffix("$") + "$"


def _mend_description(node: dict[str, Any]) -> None:
    # From 3.13 on, Python takes the indentation off docstrings itself.
    if isinstance(description := node.get("description"), str):
        node["description"] = inspect.cleandoc(description)


def _walk(node: Any, visit: Callable[[dict[str, Any]], None]) -> None:
    if isinstance(node, dict):
        visit(node)
        for value in node.values():
            _walk(value, visit)
    elif isinstance(node, list):
        for value in node:
            _walk(value, visit)


def _used(schema: Any, components: dict[str, Any]) -> set[str]:
    """The components that a schema refers to, themselves or through others."""
    used: set[str] = set()
    waiting: list[Any] = [schema]

    def follow(node: dict[str, Any]) -> None:
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in used:
            used.add(name)
            waiting.append(components[name])

    while waiting:
        _walk(waiting.pop(), follow)
    return used


if __name__ == "__main__":
    write()
