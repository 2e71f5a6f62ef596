"""Definition documents (spec 1.8, 2.1, 3.1) as plain dicts, with what they leave out filled in."""

from __future__ import annotations

from typing import Any

from .times import parse, to_us

Document = dict[str, Any]


def prepare(documents: list[Document]) -> Document:
    """{programs: {code: program}, default: code or None, spend: [activity], upgrades: [activity], currencies: all that are named}."""
    programs = {document["code"]: _program(document) for document in documents if document["kind"] == "program"}
    default = next((code for code, program in programs.items() if program["default"]), None)
    if default is None and len(programs) == 1:
        default = next(iter(programs))
    organizations = [document for document in documents if document["kind"] == "organization"]
    activities = [
        _activity(document, programs, default, organizations)
        for document in documents
        if document["kind"] == "activity" and not document.get("draft", False)
    ]
    return {
        "programs": programs,
        "default": default,
        "spend": [activity for activity in activities if activity["type"] == "cumulative_spend"],
        "currencies": frozenset(document["currency"] for document in documents if document.get("currency")),
        "upgrades": [activity for activity in activities if activity["type"] == "tier_upgrade"],
    }


def _program(document: Document) -> Document:
    active_from = document.get("active_from")
    return {
        "code": document["code"],
        "currency": document.get("currency"),
        "timezone": document.get("timezone", "UTC"),
        "enabled": document.get("enabled", True),
        "default": document.get("default", False),
        "active_from": None if active_from is None else to_us(parse(active_from)),
        "include_imported": document.get("standard", {}).get("include_imported", False),
        # The ladder: (level code, threshold) of the levels that can be held, lowest first.
        "ladder": [
            (level["code"], level["threshold"])
            for level in document.get("levels", [])
            if level.get("enabled", True) and level.get("type", "basic") != "paid"
        ],
    }


def _activity(
    document: Document,
    programs: dict[str, Document],
    default: str | None,
    organizations: list[Document],
) -> Document:
    starts_at, ends_at = document.get("starts_at"), document.get("ends_at")
    activity: Document = {
        "code": document["code"],
        "type": document["type"],
        "programs": document.get("programs"),
        "first_us": None if starts_at is None else to_us(parse(starts_at)),
        # "That whole second": up to its last microsecond.
        "last_us": None if ends_at is None else to_us(parse(ends_at)) // 1_000_000 * 1_000_000 + 999_999,
    }
    if document["type"] == "tier_upgrade":
        return activity | {
            "levels": set(document["levels"]),
            "regain": document.get("regain", False),
            "gifts": document["gifts"],
        }
    first_program = (document.get("programs") or [default])[0]
    condition = document["condition"]
    scope = document.get("item_scope", {}) if condition["items"] == "designated" else {}
    not_with = document.get("not_with", {})
    steps = condition.get("steps") or [{"threshold": condition.get("threshold"), "gifts": document.get("gifts")}]
    return activity | {
        "currency": document.get("currency") or programs[first_program]["currency"],
        "include": set(scope["include"]) if "include" in scope else None,
        "exclude": set(scope.get("exclude", [])),
        "every": condition["mode"] == "every",
        "measure": condition["measure"],
        "steps": [(step["threshold"], step["gifts"]) for step in steps],
        "stores": _stores(document.get("stores", "all"), organizations),
        "service_types": _restricted(document.get("service_types"), 3),
        "channels": _restricted(document.get("channels"), 2),
        "not_coupons": not_with.get("coupons", []),
        "not_promotions": not_with.get("promotions", []),
        "not_benefits": not_with.get("benefits", []),
        "not_assets": not_with.get("assets", []),
    }


def _restricted(listed: list[str] | None, of_all: int) -> set[str] | None:
    """None when nothing is restricted: left out, or all of them listed."""
    return None if listed is None or len(set(listed)) == of_all else set(listed)


def _stores(rule: Any, organizations: list[Document]) -> set[str] | None:
    if rule == "all":
        return None
    listed = set(rule.get("stores", []))
    wanted = set(rule.get("organizations", []))
    below = {o["code"] for o in organizations if o["code"] in wanted}
    for _ in organizations:  # one generation a round is enough for any depth
        below |= {o["code"] for o in organizations if o.get("parent") in below}
    return listed | {store for o in organizations if o["code"] in below for store in o.get("stores", [])}
