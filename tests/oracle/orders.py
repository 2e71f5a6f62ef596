"""What is remembered of an order for its refunds (spec 1.2, 3.3)."""

from __future__ import annotations

from typing import Any

from .lines import Lines, amount_of, is_weighed, pieces
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
    paid_otherwise = sum(document["assets"].get(method, 0) for method in LEFT_OUT_OF_SPENDING)
    return max(0, amount_of(document["lines"]) - paid_otherwise)


def new_record(document: Document) -> Document:
    """`left`: by sku, what can still be given back. `programs` and `activities` are where the order counted."""
    left: dict[str, Document] = {}
    for line in document["lines"]:
        sku = left.setdefault(line["sku"], {"amount": 0, "pieces": 0, "weighed": 0})
        sku["amount"] += line["amount"]
        # Pieces of lines of amount 0 never counted. What is left of a sku's whole quantity is never less than
        # what is left of the pieces that counted, so only these bound what a refund of pieces gives back.
        sku["weighed" if is_weighed(line) else "pieces"] += pieces(line)
    amount = amount_of(document["lines"])
    return {"left": left, "currency": document["currency"], "amount_first": amount, "amount_left": amount, "spent_first": spent(document),
            "programs": [], "activities": []}  # fmt: skip


def spent_now(record: Document) -> int:
    """What the order counts after its refunds, in minor units, rounded down (spec 3.3)."""
    if record["amount_first"] == 0:
        return 0
    return int(record["spent_first"] * record["amount_left"] // record["amount_first"])


def give_back(record: Document, lines: Lines) -> dict[str, Document]:
    """Takes a refund's lines off the record; returns {sku: {amount, pieces}} that really came off."""
    given: dict[str, Document] = {}
    for sku_id in {line["sku"] for line in lines} & record["left"].keys():
        of_sku = [line for line in lines if line["sku"] == sku_id]
        left = record["left"][sku_id]
        amount = min(amount_of(of_sku), left["amount"])
        whole = min(sum(pieces(line) for line in of_sku if not is_weighed(line)), left["pieces"])
        left["amount"] -= amount
        left["pieces"] -= whole
        # Of weighed goods the piece goes with the last of the amount.
        weighed = left["weighed"] if left["amount"] == 0 else 0
        left["weighed"] -= weighed
        record["amount_left"] -= amount
        given[sku_id] = {"amount": amount, "pieces": whole + weighed}
    return given


def given_in_scope(activity: Document, given: dict[str, Document]) -> int:
    return sum(int(what[activity["measure"]]) for sku, what in given.items() if in_scope(activity, sku))
