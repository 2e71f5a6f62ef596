"""A set of definitions without a mistake, and what it takes to make some."""

from __future__ import annotations

import copy
from typing import Any

from rules.definitions.checking.check import check
from rules.definitions.checking.problem import Problem

Document = dict[str, Any]

PROGRAM: Document = {
    "kind": "program",
    "code": "classic",
    "name": "Classic",
    "timezone": "Europe/London",
    "currency": "GBP",
    "enabled": True,
    "levels": [
        {"code": "silver", "name": "Silver", "threshold": 10000},
        {"code": "gold", "name": "Gold", "threshold": 50000},
    ],
}
ORGANIZATION: Document = {"kind": "organization", "code": "web", "name": "Web shops", "stores": ["web-gb", "web-fr"]}
FREE_COFFEE: Document = {"kind": "coupon", "code": "free-coffee", "name": "A coffee", "value": 300, "currency": "GBP"}
MUG: Document = {"kind": "coupon", "code": "mug", "name": "A mug", "value": 900, "currency": "GBP"}
# All fields of spec 2.1's example.
SPRING: Document = {
    "kind": "activity",
    "type": "cumulative_spend",
    "code": "spring-100",
    "name": "Spend any 100 and get a coffee",
    "description": "...",
    "starts_at": "2010-12-01T00:00:00+00:00",
    "ends_at": "2011-12-31T23:59:59+00:00",
    "programs": ["classic"],
    "currency": "GBP",
    "timezone": "Europe/London",
    "condition": {"items": "designated", "mode": "every", "measure": "amount", "threshold": 10000},
    "item_scope": {"include": ["85123A"]},
    "gifts": [
        {
            "kind": "coupon",
            "coupon": "free-coffee",
            "quantity": 1,
            "release": "instant",
            "validity": {"days": 7},
            "claim": "automatic",
        },
        {
            "kind": "coupon",
            "coupon": "mug",
            "quantity": 2,
            "release": "instant",
            "validity": {"days": 30},
            "claim": "automatic",
        },
        {"kind": "points", "points": 500, "release": "instant"},
    ],
    "stores": "all",
    "service_types": ["dine_in", "delivery", "self_pickup"],
    "channels": ["pos", "online"],
    "not_with": {
        "coupons": "all",
        "promotions": ["half-price"],
        "benefits": ["member_price", "member_discount"],
        "assets": ["prepaid_balance", "points", "gift_card", "group_voucher"],
    },
    "notify": {"mini_programs": ["main"], "message": "coupon-arrived"},
}
UPGRADE: Document = {
    "kind": "activity",
    "type": "tier_upgrade",
    "code": "welcome-gold",
    "name": "Welcome to gold",
    "levels": ["classic/gold"],
    "gifts": [{"kind": "points", "points": 100}],
}
STEPS: Document = {
    "items": "any",
    "mode": "once",
    "measure": "pieces",
    "steps": [
        {"threshold": 10, "gifts": [{"kind": "points", "points": 1}]},
        {"threshold": 20, "gifts": [{"kind": "coupon", "coupon": "mug"}]},
    ],
}
LEFT_OUT = object()


def changed(document: Document, path: str, value: object) -> Document:
    """A copy with the value at a path such as gifts.0.points, or without the field."""
    document = copy.deepcopy(document)
    *way, last = path.split(".")
    place: Any = document
    for part in way:
        place = place[int(part)] if part.isdigit() else place.setdefault(part, {})
    if value is LEFT_OUT:
        del place[last]
    elif isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return document


def whole_set(*instead: Document) -> list[Document]:
    """A set without mistakes, in which documents of the same kind and code are replaced, and others added."""
    documents = {(each["kind"], each["code"]): each for each in (PROGRAM, ORGANIZATION, FREE_COFFEE, MUG, SPRING, UPGRADE)}
    documents |= {(each.get("kind"), each.get("code")): each for each in instead}
    return list(documents.values())


ACCEPTED = {
    "left out: everything optional": {
        "kind": "activity",
        "type": "cumulative_spend",
        "code": "small",
        "name": "Small",
        "condition": {"items": "any", "mode": "once", "measure": "amount", "threshold": 1},
        "gifts": [{"kind": "points", "points": 1}],
    },
    "a currency of the past": changed(SPRING, "currency", "DEM"),
    "excluded skus": changed(SPRING, "item_scope", {"exclude": ["POST"]}),
    "steps": changed(changed(changed(SPRING, "condition", STEPS), "gifts", LEFT_OUT), "item_scope", LEFT_OUT),
    "times in UTC and elsewhere": changed(
        changed(SPRING, "starts_at", "2010-12-01T00:00:00Z"), "ends_at", "2011-01-01T00:00:01+05:30"
    ),
    "a second long": changed(changed(SPRING, "starts_at", "2011-12-31T23:59:59+00:00"), "ends_at", "2011-12-31T23:59:59+00:00"),
    "an end that is none": changed(SPRING, "ends_at", "9999-12-31T23:59:59-10:00"),
    "stores and organizations": changed(SPRING, "stores", {"stores": ["web-gb", "web-fr"], "organizations": ["web"]}),
    "organizations alone": changed(SPRING, "stores", {"organizations": ["web"]}),
    "another currency than the program's": changed(SPRING, "currency", "EUR"),
    "kept back": changed(SPRING, "draft", True),
    "nulls are fields left out": changed(changed(changed(SPRING, "item_scope.exclude", None), "notify", None), "description", None),
    "a code of another alphabet": changed(SPRING, "code", "Frühling 100:a+b"),
    "every level": changed(UPGRADE, "levels", ["classic/*", "classic/silver"]),
    "a regained level": changed(UPGRADE, "regain", True),
    "an upgrade anywhere": changed(
        changed(changed(UPGRADE, "stores", "all"), "channels", ["online", "pos"]),
        "service_types",
        ["self_pickup", "dine_in", "delivery"],
    ),
    "a program with all defaults written": PROGRAM
    | {
        "plan": "starter",
        "default": True,
        "measure": "amount",
        "standard": {"mode": "total", "window": "history", "include_imported": False},
        "validity": "permanent",
        "spending_downgrade": False,
        "lock_in": None,
        "paid": {"pricing": "unified"},
        "participating_channels": ["pos", "online"],
        "active_from": None,
        "rules": "r",
        "instructions": "i",
        "notice": "n",
        "levels": [
            {
                "code": "gold",
                "name": "Gold",
                "card_style": "#fc0",
                "badge": "star",
                "type": "basic",
                "threshold": 0,
                "enabled": True,
                "benefits": [],
            }
        ],
    },
    "a program for all channels": PROGRAM | {"participating_channels": "all", "active_from": "2010-01-01T00:00:00+00:00"},
    "a program that counts imported orders": PROGRAM | {"plan": "growth", "standard": {"include_imported": True}},
    "an organization below another": {"kind": "organization", "code": "gb", "name": "GB", "parent": "web"},
}


def problems_of(documents: list[Document]) -> list[Problem]:
    return [problem for found in check(documents) for problem in found]


def the_problem(documents: list[Document]) -> Problem:
    found = problems_of(documents)
    assert len(found) == 1, found
    return found[0]


def assert_found(document: Document, path: str, value: object, field: str, said: list[str]) -> None:
    """That the one problem of a document that is changed so is at the field, in these words."""
    wrong = changed(document, path, value)
    # Other documents may suffer from the mistake (a program without its levels); what is said of this one counts.
    others = [each for each in whole_set() if (each["kind"], each["code"]) != (document["kind"], document["code"])]
    found = [problem for problem in check([*others, wrong])[-1] if not problem.warning]
    assert [problem.field for problem in found] == [field], found
    for words in said:
        assert words in found[0].message
