"""Definition documents: programs, organizations, coupons and some fifteen activities (spec 1.8, 2.1, 2.8, 3.1)."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from .world import (
    COUPONS,
    CURRENCIES,
    DEFAULT_PROGRAM,
    ORGANIZATIONS,
    PROGRAMS,
    PROMOTIONS,
    SERVICE_TYPES,
    SKUS,
    SMALL_GOODS,
    START,
    WEIGHED,
)

Document = dict[str, Any]

CONDITIONS = [
    {"items": items, "mode": mode, "measure": measure}
    for items in ("any", "designated")
    for mode in ("once", "every", "steps")
    for measure in ("amount", "pieces")
]


def definitions(seed: int, days: int = 240) -> list[Document]:
    """JSON-able documents for a stream of `days`: every condition and every rule at least once."""
    rng = random.Random(f"definitions {seed}")
    programs = [_program(rng, code, days) for code in PROGRAMS]
    codes = [program["code"] for program in programs]
    activities = [_spend(rng, number, condition, codes, days) for number, condition in enumerate(CONDITIONS, 1)]
    _restrict_each(rng, activities)
    return [
        *programs,
        *(_organization(code, parent, stores) for code, (parent, stores) in ORGANIZATIONS.items()),
        *({"kind": "coupon", "code": code, "name": code, "value": 250, "currency": "GBP"} for code in COUPONS),
        *activities,
        _beads(),
        *_upgrades(rng, programs, days),
    ]


def _program(rng: random.Random, code: str, days: int) -> Document:
    thresholds = sorted(rng.sample(range(2_000, 90_000, 500), 4))
    if rng.random() < 0.2:
        thresholds[0] = 0
    levels = [
        {"code": level, "name": level.title(), "type": "basic", "threshold": threshold}
        for level, threshold in zip(("bronze", "silver", "gold", "platinum"), thresholds, strict=True)
    ]
    if rng.random() < 0.5:
        levels[rng.randrange(1, 4)]["enabled"] = False
    program = {
        "kind": "program",
        "code": code,
        "name": code,
        "timezone": rng.choice(["Europe/London", "Asia/Shanghai", "America/New_York"]),
        "currency": CURRENCIES[code],
        "enabled": True,
        "default": code == DEFAULT_PROGRAM,
        "measure": "amount",
        "standard": {"mode": "total", "window": "history", "include_imported": rng.random() < 0.5},
        "levels": levels,
    }
    if code != DEFAULT_PROGRAM and rng.random() < 0.3:
        program["enabled"] = False
    if rng.random() < 0.5:
        program["active_from"] = (START + timedelta(days=days * 0.1)).isoformat()
    return program


def _organization(code: str, parent: str | None, stores: list[str]) -> Document:
    document = {"kind": "organization", "code": code, "name": code, "stores": stores}
    return document if parent is None else document | {"parent": parent}


def _spend(rng: random.Random, number: int, condition: dict[str, str], programs: list[str], days: int) -> Document:
    in_steps = condition["mode"] == "steps"
    code = f"{number:02d}-{condition['items']}-{condition['mode']}-{condition['measure']}"
    least = 3_000 if condition["measure"] == "amount" else 6
    if condition["items"] == "designated":
        least //= 2
    threshold = rng.randrange(least, least * 3)
    document: Document = {
        "kind": "activity",
        "type": "cumulative_spend",
        "code": code,
        "name": f"Activity {number}",
        "condition": {**condition, "mode": "once" if in_steps else condition["mode"]},
    }
    if in_steps:
        document["condition"]["steps"] = [
            {"threshold": threshold * step, "gifts": _gifts(rng)} for step in (1, 2, 4, 7)[: rng.randint(2, 4)]
        ]
    else:
        document["condition"]["threshold"] = threshold
        document["gifts"] = _gifts(rng)
    if condition["items"] == "designated":
        goods = rng.sample(SKUS, rng.randint(12, 20)) + rng.sample(WEIGHED, 2)
        document["item_scope"] = {rng.choice(["include", "exclude"]): goods}
    if rng.random() < 0.4:
        document["programs"] = rng.sample(programs, rng.randint(1, len(programs)))
    # With two currencies, and programs left out, say which: the first program's is then not obvious.
    if "programs" not in document or rng.random() < 0.3:
        document["currency"] = CURRENCIES[DEFAULT_PROGRAM]
    _dates(rng, document, days)
    return document


def _dates(rng: random.Random, document: Document, days: int) -> None:
    if rng.random() < 0.4:
        document["starts_at"] = (START + timedelta(days=rng.randrange(days // 4))).isoformat()
    if rng.random() < 0.4:
        document["ends_at"] = (START + timedelta(days=rng.randrange(days * 2 // 3, days))).isoformat()


def _gifts(rng: random.Random) -> list[Document]:
    points = {"kind": "points", "points": rng.randrange(10, 500, 10), "release": "instant"}
    coupon = {
        "kind": "coupon",
        "coupon": rng.choice(COUPONS),
        "quantity": rng.randint(1, 3),
        "release": "instant",
        "validity": {"days": rng.choice([7, 30])},
        "claim": "automatic",
    }
    return rng.choice([[points], [coupon], [coupon, points]])


def _restrict_each(rng: random.Random, activities: list[Document]) -> None:
    """Deals the rules of spec 2.3 out, so that each is used by one activity at least."""
    organizations = sorted(ORGANIZATIONS)
    rules: list[Document] = [
        {"stores": {"stores": ["n-1", "web-gb", "s-1"]}},
        {"stores": {"organizations": ["north"]}},
        {"stores": {"stores": ["web-gb"], "organizations": rng.sample(organizations, 2)}},
        {"stores": "all"},
        {"service_types": rng.sample(SERVICE_TYPES, 2)},
        {"service_types": list(SERVICE_TYPES)},
        {"channels": [rng.choice(["pos", "online"])]},
        {"channels": ["pos", "online"]},
        {"not_with": {"coupons": "all"}},
        {"not_with": {"coupons": rng.sample(COUPONS, 2), "promotions": "all"}},
        {"not_with": {"promotions": rng.sample(PROMOTIONS, 2)}},
        {"not_with": {"benefits": ["member_price", "member_discount"]}},
        {"not_with": {"benefits": ["member_discount"], "assets": ["points"]}},
        {"not_with": {"assets": ["prepaid_balance", "points"]}},
        {"notify": {"mini_programs": ["main"], "message": "coupon-arrived"}},
    ]
    rng.shuffle(rules)
    for number, rule in enumerate(rules):
        # Two rules can fall on one activity; of the same rule the first stays.
        activity = activities[number % len(activities)]
        activity.update({name: value for name, value in rule.items() if name not in activity})


def _beads() -> Document:
    """One grant for each two beads: an order of tens of thousands owes too many of them."""
    return {
        "kind": "activity",
        "type": "cumulative_spend",
        "code": "beads",
        "name": "Beads",
        "currency": CURRENCIES[DEFAULT_PROGRAM],
        "condition": {"items": "designated", "mode": "every", "measure": "pieces", "threshold": 2},
        "item_scope": {"include": SMALL_GOODS},
        "gifts": [{"kind": "points", "points": 1, "release": "instant"}],
    }


def _upgrades(rng: random.Random, programs: list[Document], days: int) -> list[Document]:
    def upgrade(code: str, levels: list[str], **more: Any) -> Document:
        base = {"kind": "activity", "type": "tier_upgrade", "code": code, "name": code, "levels": levels}
        document = base | {"gifts": _gifts(rng)} | more
        if rng.random() < 0.3:
            _dates(rng, document, days)
        return document

    first = programs[0]["code"]
    enabled = [level["code"] for level in programs[0]["levels"] if level.get("enabled", True)]
    return [
        upgrade("up-any", [f"{program['code']}/*" for program in programs]),
        upgrade("up-again", [f"{first}/*"], regain=True),
        upgrade("up-named", [f"{first}/{level}" for level in rng.sample(enabled, 2)], programs=[first]),
    ]
