"""Members of an activity, each counted once, beside a memory of everything (spec 2.7): whatever refunds, new versions and merging leave of
their sums.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend

Document = dict[str, Any]
TEA: Document = {"code": "tea", "item_scope": {"include": ["tea"]}}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["order", "order", "tea", "refund", "refund", "without", "exchange", "threshold", "merge", "turn"]),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from([10, 90, 250]),
    ),
    max_size=25,
)


class Life:
    """What is sent, and what must come of it."""

    def __init__(self) -> None:
        definitions = [program(), spend(), spend("every", 3, "pieces", **TEA)]
        self.folding = Folding(definitions, DocumentsClock(), figures=True, partitions=2)
        # By activity, whom it has, and how many were counted.
        self.known: set[tuple[str, str]] = set()
        self.members = Counter[str]()
        self._bought: dict[str, list[Document]] = {"ann": [], "bob": []}
        self._merged = False
        self._number = 0

    def take(self, step: str, member_id: str, amount: int) -> None:
        self._number += 1
        number, now = self._number, at(1 + self._number)
        match step:
            case "order":
                self._buy(order(f"o{number}", now, ("x", 1, amount), member_id=member_id))
            case "tea":
                self._buy(order(f"o{number}", now, ("x", 1, 5), ("tea", 1, amount), member_id=member_id))
            case "exchange":
                self._buy(order(f"o{number}", now, ("x", 1, amount), ("y", -1, -150), member_id=member_id))
            case "refund" if self._bought[member_id]:
                bought = self._bought[member_id].pop()
                lines = [(line["sku"], 1, line["amount"]) for line in bought["lines"] if line["amount"] > 0]
                self._send(refund(f"r{number}", bought["order_id"], now, *lines, member_id=member_id))
            case "without":
                self._send(refund(f"r{number}", None, now, ("tea", 1, amount), member_id=member_id))
            case "threshold":
                change = {
                    "type": "change",
                    "change": "save",
                    "kind": "activity",
                    "code": "spend",
                    "saved_by": "eva",
                    "saved_at": now,
                }
                self._send(change | {"document": spend(threshold=100 + number)})
            case "merge" if not self._merged:
                self._merged = True
                self._send({"type": "member", "member_id": "bob", "merged_into": "ann", "received_at": now}, MEMBERS)
                self.known |= {(activity, "ann") for activity, member in self.known if member == "bob"}
            case "turn":
                self.folding.turn()

    def _buy(self, document: Document) -> None:
        member_id = document["member_id"]
        self._bought[member_id].append(document)
        self._send(document)
        counted = {"spend"} | {"tea" for line in document["lines"] if line["sku"] == "tea"}
        for activity in counted:
            found = (activity, "ann" if self._merged else member_id)
            self.members[activity] += found not in self.known
            self.known.add(found)

    def _send(self, document: Document, topic: str = POS_ORDERS) -> None:
        self.folding.take(document, topic=topic)


@example([("without", "ann", 250), ("order", "ann", 90), ("order", "ann", 250)])
@example([("order", "ann", 90), ("refund", "ann", 0), ("order", "ann", 90)])
@example([("order", "ann", 90), ("refund", "ann", 0), ("order", "ann", 250)])
@example([("order", "ann", 90), ("threshold", "ann", 0), ("turn", "ann", 0), ("order", "ann", 90)])
@example([("order", "ann", 10), ("without", "bob", 90), ("merge", "bob", 0), ("order", "ann", 10)])
@given(STEPS)
def test_a_member_of_an_activity_is_counted_once_whatever_is_left_of_what_he_bought(steps: list[tuple[str, str, int]]) -> None:
    life = Life()
    for step in steps:
        life.take(*step)
    life.folding.turn()
    assert life.folding.dead_letters() == []
    came = {row["activity"]: row["members"] for row in life.folding.performance() if row["members"]}
    assert came == {activity: number for activity, number in life.members.items() if number}
