"""What came out beside what must have come out, as differences to read; none when all is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .feeds import RECEIPT_ID
from .replay import Outcome
from .times import parse

Document = dict[str, Any]
SHOWN_MAX = 20


def grant_differences(expected: Outcome, rows: Iterable[Document], order_may_differ: bool = False) -> list[str]:
    """`rows` are grants as published, each with grant_id. After crashes a grant may come again with another order
    (spec 2.4): then `order_may_differ`, and each id may come more than once with the same gifts.
    """
    differences, seen, receipts = [], Counter[str](), ReceiptIds()
    compared = ["activity", "member_id", "ordinal", "level", "gifts"] + ([] if order_may_differ else ["order_id"])
    for row in rows:
        grant_id = row["grant_id"]
        seen[grant_id] += 1
        wanted = expected.grants.get(grant_id)
        if wanted is None:
            differences.append(f"one too many: {row}")
            continue
        wanted = receipts.as_product_writes(wanted, row)
        wrong = [name for name in compared if row.get(name) != wanted[name]]
        if not order_may_differ and parse(row["occurred_at"]) != parse(wanted["occurred_at"]):
            wrong.append("occurred_at")
        if wrong:
            differences.append(f"{grant_id} differs in {wrong}: {row} instead of {wanted}")
    if not order_may_differ:
        differences += [f"published {times} times: {grant_id}" for grant_id, times in seen.items() if times > 1]
    differences += [f"missing: {grant_id} {wanted}" for grant_id, wanted in expected.grants.items() if not seen[grant_id]]
    return _shown(differences)


def level_differences(expected: Outcome, rows: Iterable[Document]) -> list[str]:
    """`rows` are {program, member_id, level, …}, one a program and member."""
    actual = {(row["program"], row["member_id"]): row["level"] for row in rows}
    return _shown(
        [
            f"level of {where}: {actual.get(where, 'missing')} instead of {expected.levels.get(where, 'none at all')}"
            for where in sorted(expected.levels.keys() | actual.keys())
            if where not in actual or where not in expected.levels or actual[where] != expected.levels[where]
        ]
    )


def dead_letter_differences(expected: Outcome, letters: Iterable[tuple[str, bytes]]) -> list[str]:
    """`letters` are (reason code, raw) in any order."""
    wanted, actual = Counter(expected.dead_letters), Counter(letters)
    return _shown(
        [f"missing dead letter, {times} times: {letter}" for letter, times in (wanted - actual).items()]
        + [f"dead letter too many, {times} times: {letter}" for letter, times in (actual - wanted).items()]
    )


def sum_differences(expected: dict[tuple[str, str], int], actual: dict[tuple[str, str], int]) -> list[str]:
    """Spending or progress: signed sums, a missing one is 0."""
    return _shown(
        [
            f"sum of {where}: {actual.get(where, 0)} instead of {expected.get(where, 0)}"
            for where in sorted(expected.keys() | actual.keys())
            if expected.get(where, 0) != actual.get(where, 0)
        ]
    )


class ReceiptIds:
    """How the product writes the id of a receipt is its own; but one receipt has one, and no other receipt the same."""

    def __init__(self) -> None:
        self.written: dict[str, str] = {}

    def as_product_writes(self, wanted: Document, row: Document) -> Document:
        """A grant, with the product's id for its order where that is a receipt."""
        order_id, theirs = wanted["order_id"], row.get("order_id")
        if order_id is None or not order_id.startswith(RECEIPT_ID) or not isinstance(theirs, str):
            return wanted
        if order_id not in self.written and theirs not in self.written.values():
            self.written[order_id] = theirs
        return wanted | {"order_id": self.written.get(order_id)}


def _shown(differences: list[str]) -> list[str]:
    more = len(differences) - SHOWN_MAX
    shown = [difference[:400] for difference in differences[:SHOWN_MAX]]
    return [*shown, f"and {more} more"] if more > 0 else shown
