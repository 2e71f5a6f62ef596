"""Mistakes in an activity: each is found, at its field, in words that help."""

from __future__ import annotations

import pytest

from tests.rules.definitions.whole import (
    ACCEPTED,
    LEFT_OUT,
    SPRING,
    STEPS,
    UPGRADE,
    Document,
    assert_found,
    changed,
)

# (document, path to change, value, field of the problem, what its message must say)
MISTAKES: list[tuple[Document, str, object, str, list[str]]] = [
    # kind and type
    (SPRING, "kind", LEFT_OUT, "kind", ["required", "'activity'", "'coupon'"]),
    (SPRING, "kind", "activty", "kind", ["did you mean 'activity'"]),
    (SPRING, "type", LEFT_OUT, "type", ["required", "'cumulative_spend', 'tier_upgrade' or 'bulk'"]),
    (SPRING, "type", "cumulative-spend", "type", ["did you mean 'cumulative_spend'"]),
    # shapes
    (SPRING, "name", LEFT_OUT, "name", ["required"]),
    (SPRING, "name", "", "name", ["empty"]),
    (SPRING, "code", 100, "code", ["got 100", "quotes"]),
    (SPRING, "code", "a/b", "code", ["without '/'", "'a/b'"]),
    (SPRING, "code", "spring\n", "code", ["a code"]),
    (SPRING, "condition.threshold", "ten", "condition.threshold", ["expected an integer of 1 or more, got 'ten'"]),
    (SPRING, "condition.threshold", 0, "condition.threshold", ["integer of 1 or more, got 0"]),
    (SPRING, "condition.threshold", 10.5, "condition.threshold", ["integer of 1 or more, got 10.5"]),
    (SPRING, "condition.threshold", True, "condition.threshold", ["got true"]),
    (SPRING, "condition.threshold", 2**60, "condition.threshold", ["at most"]),
    (SPRING, "condition", "any", "condition", ["mapping", "'threshold'"]),
    (SPRING, "condition.mode", "evry", "condition.mode", ["'every' or 'once'", "did you mean 'every'"]),
    (SPRING, "condition.treshold", 5, "condition.treshold", ["not a field", "did you mean 'threshold'"]),
    (SPRING, "colour", "red", "colour", ["not a field"]),
    (SPRING, "item_scope.include.0", 22041, "item_scope.include[0]", ["got 22041", "quotes"]),
    (SPRING, "item_scope.include.0", " ", "item_scope.include[0]", ["empty"]),
    (SPRING, "starts_at", "2010-12-01T00:00:00", "starts_at", ["offset", "'2010-12-01T00:00:00'"]),
    (SPRING, "starts_at", "2010-12-01", "starts_at", ["offset"]),
    (SPRING, "draft", "yes", "draft", ["true or false, got 'yes'"]),
    (SPRING, "stores", ["web-gb"], "stores", ["'all'", "'stores' and 'organizations'", "got a list"]),
    (SPRING, "channels", "online", "channels", ["list", "'online'"]),
    (SPRING, "channels", ["kiosk"], "channels[0]", ["'online' or 'pos'"]),
    (SPRING, "service_types", ["take_away"], "service_types[0]", ["'dine_in'"]),
    (SPRING, "not_with.coupons", "mug", "not_with.coupons", ["'all' or a list"]),
    (SPRING, "not_with.assets", ["card"], "not_with.assets[0]", ["prepaid_balance"]),
    (SPRING, "gifts.0.kind", "cupon", "gifts[0].kind", ["'coupon' or 'points'", "did you mean 'coupon'"]),
    (SPRING, "gifts.0.kind", LEFT_OUT, "gifts[0].kind", ["required"]),
    (SPRING, "gifts.0.coupon", LEFT_OUT, "gifts[0].coupon", ["required"]),
    (SPRING, "gifts.2.points", 0, "gifts[2].points", ["1 or more, got 0"]),
    (SPRING, "gifts.0.quantity", 0, "gifts[0].quantity", ["1 or more"]),
    (SPRING, "gifts.0.release", "weekly", "gifts[0].release", ["'instant'"]),
    (UPGRADE, "gifts", [], "gifts", ["at least 1"]),
    (UPGRADE, "levels", [], "levels", ["at least 1"]),
    # the world
    (SPRING, "currency", "GBB", "currency", ["ISO 4217", "did you mean"]),
    (SPRING, "currency", "gbp", "currency", ["ISO 4217"]),
    (SPRING, "timezone", "Europe/Londn", "timezone", ["did you mean 'Europe/London'"]),
    # times and validity
    (SPRING, "ends_at", "2010-11-30T00:00:00+00:00", "ends_at", ["before starts_at"]),
    (SPRING, "gifts.0.validity", {}, "gifts[0].validity", ["either {days: n} or {from: time, to: time}"]),
    (SPRING, "gifts.0.validity", {"days": 0}, "gifts[0].validity.days", ["1 or more"]),
    (SPRING, "gifts.0.validity.days", "7", "gifts[0].validity.days", ["integer", "'7'"]),
    (SPRING, "gifts.0.validity", {"from": "2010-12-24T00:00:00Z"}, "gifts[0].validity.to", ["required"]),
    (SPRING, "gifts.0.validity.to", "2010-12-24T00:00:00Z", "gifts[0].validity", ["either"]),
    # conditions
    (SPRING, "condition.items", "any", "item_scope", ["designated only"]),
    (SPRING, "item_scope", LEFT_OUT, "item_scope", ["required", "include", "exclude"]),
    (SPRING, "item_scope", {}, "item_scope", ["either include or exclude"]),
    (SPRING, "item_scope.exclude", ["POST"], "item_scope", ["either include or exclude"]),
    (SPRING, "item_scope.include", [], "item_scope.include", ["at least one"]),
    (SPRING, "condition.threshold", LEFT_OUT, "condition.threshold", ["required", "every"]),
    (SPRING, "condition.steps", STEPS["steps"], "condition.steps", ["mode once only"]),
    (SPRING, "gifts", LEFT_OUT, "gifts", ["required"]),
    (ACCEPTED["steps"], "condition.threshold", 5, "condition.steps", ["either a threshold or steps"]),
    (changed(SPRING, "condition.mode", "once"), "condition.threshold", LEFT_OUT, "condition.threshold", ["a threshold or steps"]),
    (ACCEPTED["steps"], "condition.steps.1.threshold", 10, "condition.steps[1].threshold", ["more than 10, got 10"]),
    (ACCEPTED["steps"], "condition.steps.1.gifts", LEFT_OUT, "condition.steps[1].gifts", ["required"]),
    (ACCEPTED["steps"], "gifts", SPRING["gifts"], "gifts", ["steps have gifts of their own"]),
    (SPRING, "programs", [], "programs", ["leave it out for all"]),
    (SPRING, "channels", [], "channels", ["leave it out for all"]),
    (SPRING, "service_types", [], "service_types", ["leave it out for all"]),
    (SPRING, "stores", {}, "stores", ["write all"]),
    # fields of the other type
    (UPGRADE, "condition", SPRING["condition"], "condition", ["cumulative_spend only"]),
    (UPGRADE, "stores", {"stores": ["web-gb"]}, "stores", ["'all'"]),
    (UPGRADE, "channels", ["pos"], "channels", ["an upgrade is none"]),
    (UPGRADE, "service_types", ["dine_in"], "service_types", ["an upgrade is none"]),
    (UPGRADE, "not_with", {"coupons": "all"}, "not_with", ["an upgrade is none"]),
    (SPRING, "levels", ["classic/gold"], "levels", ["tier_upgrade only"]),
    (SPRING, "segment", "all", "segment", ["bulk only"]),
    (UPGRADE, "schedule", {"every": "day", "at": "10:00"}, "schedule", ["bulk only"]),
    (SPRING, "regain", True, "regain", ["tier_upgrade only"]),
    # references
    (SPRING, "programs", ["clasic"], "programs[0]", ["no program", "did you mean 'classic'"]),
    (SPRING, "gifts.1.coupon", "mugs", "gifts[1].coupon", ["no coupon", "did you mean 'mug'"]),
    (ACCEPTED["steps"], "condition.steps.1.gifts.0.coupon", "x", "condition.steps[1].gifts[0].coupon", ["no coupon"]),
    (SPRING, "stores", {"organizations": ["wbe"]}, "stores.organizations[0]", ["no organization"]),
    (UPGRADE, "levels", ["classic/golf"], "levels[0]", ["no level", "did you mean 'gold'"]),
    (UPGRADE, "levels", ["modern/gold"], "levels[0]", ["no program", "'modern'"]),
    (UPGRADE, "levels", ["modern/*"], "levels[0]", ["no program"]),
    (UPGRADE, "levels", ["gold"], "levels[0]", ["expected program/level"]),
    (UPGRADE, "levels", ["classic/gold/x"], "levels[0]", ["expected program/level"]),
]


@pytest.mark.parametrize(("document", "path", "value", "field", "said"), MISTAKES)
def test_a_mistake_is_found_at_its_field(document: Document, path: str, value: object, field: str, said: list[str]) -> None:
    assert_found(document, path, value, field, said)
