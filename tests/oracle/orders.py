"""What is remembered of an order for its refunds (spec 1.2, 3.3)."""

from __future__ import annotations

from typing import Any

from .qualifying import Memberships, in_scope, member_since

Document = dict[str, Any]
LEFT_OUT_OF_SPENDING = ("gift_card", "group_voucher")


def counts_for_program(program: Document, document: Document, memberships: Memberships) -> bool:
    """Whether a purchase, or a refund without an order, counts in the spending of a program (spec 3.1)."""
    if document["currency"] != program["currency"]:
        return False
    if program["active_from"] is not None and document["at"] < program["active_from"]:
        return False
    if document.get("imported", False) and not program["include_imported"]:
        return False
    return member_since(memberships, program["code"], document["at"])


def spent(document: Document) -> int:
    """Minor units of an order that count as spending before any refund."""
    paid_otherwise = sum(int(p["amount"]) for p in document["payments"] if p["method"] in LEFT_OUT_OF_SPENDING)
    return max(0, lines_amount(document) - paid_otherwise)


def lines_amount(document: Document) -> int:
    return sum(int(line["amount"]) for line in document["lines"])


def new_record(document: Document) -> Document:
    """`left`: by sku, what can still be given back. `programs` and `activities` are where the order counted."""
    left: dict[str, Document] = {}
    for line in document["lines"]:
        sku = left.setdefault(line["sku"], {"amount": 0, "pieces": 0})
        sku["amount"] += line["amount"]
        # Pieces of lines of amount 0 never counted. What is left of a sku's whole quantity is never less than
        # what is left of the pieces that counted, so only these bound what a refund of pieces gives back.
        sku["pieces"] += line["quantity"] if line["amount"] > 0 else 0
    amount = lines_amount(document)
    return {"left": left, "amount_first": amount, "amount_left": amount, "spent_first": spent(document),
            "programs": [], "activities": []}  # fmt: skip


def spent_now(record: Document) -> int:
    """What the order counts after its refunds, in minor units, rounded down (spec 3.3)."""
    if record["amount_first"] == 0:
        return 0
    return int(record["spent_first"] * record["amount_left"] // record["amount_first"])


def give_back(record: Document, refund: Document) -> dict[str, Document]:
    """Takes the refund's lines off the record; returns {sku: {amount, pieces}} that really came off."""
    wanted: dict[str, Document] = {}
    for line in refund["lines"]:
        sku = wanted.setdefault(line["sku"], {"amount": 0, "pieces": 0})
        sku["amount"] += line["amount"]
        sku["pieces"] += line["quantity"] if line["amount"] else 0
    given: dict[str, Document] = {}
    for sku_id, want in wanted.items():
        left = record["left"].get(sku_id)
        if left is None:
            continue
        given[sku_id] = {part: min(want[part], left[part]) for part in ("amount", "pieces")}
        for part in ("amount", "pieces"):
            left[part] -= given[sku_id][part]
        record["amount_left"] -= given[sku_id]["amount"]
    return given


def given_in_scope(activity: Document, given: dict[str, Document]) -> int:
    return sum(int(what[activity["measure"]]) for sku, what in given.items() if in_scope(activity, sku))
