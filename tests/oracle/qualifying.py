"""Which documents count for an activity, and with how much (spec 2.2, 2.3)."""

from __future__ import annotations

from typing import Any

from .lines import Lines, amount_of, pieces

Document = dict[str, Any]
Memberships = dict[str, int | None]


def in_dates(activity: Document, at_us: int) -> bool:
    after_start = activity["first_us"] is None or activity["first_us"] <= at_us
    return after_start and (activity["last_us"] is None or at_us <= activity["last_us"])


def member_since(memberships: Memberships, program: str, at_us: int) -> bool:
    """In the program, and not since later than `at_us` (spec 1.7)."""
    if program not in memberships:
        return False
    since = memberships[program]
    return since is None or since <= at_us


def counts_for(activity: Document, document: Document, memberships: Memberships) -> bool:
    """A purchase, or a refund without an order as if it were one (spec 1.2)."""
    if document.get("imported", False) or document["currency"] != activity["currency"]:
        return False
    programs = memberships if activity["programs"] is None else activity["programs"]
    if not any(member_since(memberships, program, document["at"]) for program in programs):
        return False
    if not in_dates(activity, document["at"]):
        return False
    if activity["stores"] is not None and document["store_id"] not in activity["stores"]:
        return False
    if activity["service_types"] is not None and document.get("service_type") not in activity["service_types"]:
        return False
    if activity["channels"] is not None and document["channel"] not in activity["channels"]:
        return False
    return shareable(activity, document)


def shareable(activity: Document, document: Document) -> bool:
    for rule, used in (("not_coupons", "coupons"), ("not_promotions", "promotions")):
        codes = document.get(used, [])
        if codes and (activity[rule] == "all" or any(code in activity[rule] for code in codes)):
            return False
    if any(document.get(benefit, False) for benefit in activity["not_benefits"]):
        return False
    return not any(method in activity["not_assets"] for method in document.get("assets", {}))


def in_scope(activity: Document, sku: str) -> bool:
    if activity["include"] is not None:
        return sku in activity["include"]
    return sku not in activity["exclude"]


def contribution(activity: Document, lines: Lines) -> int:
    """Minor units, or pieces, of the lines in scope."""
    scoped = [line for line in lines if in_scope(activity, line["sku"])]
    return amount_of(scoped) if activity["measure"] == "amount" else sum(pieces(line) for line in scoped)


def ordinals_reached(activity: Document, progress: int) -> int:
    """The highest ordinal that this progress reaches; 0 for none (spec 2.2, 2.4)."""
    if activity["every"]:
        return max(0, progress) // int(activity["steps"][0][0])
    return sum(1 for threshold, _ in activity["steps"] if progress >= threshold)


def gifts_of(activity: Document, ordinal: int) -> Any:
    steps = activity["steps"]
    return steps[0 if activity["every"] else ordinal - 1][1]
