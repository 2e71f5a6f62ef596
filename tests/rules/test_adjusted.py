"""Activities adjusted, paused and archived while members spend: what comes of it is what the second implementation says (spec 2.5).

Never a grant for spending already done, never one lost that was earned.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from rules.clock import DocumentsClock
from tests.folding import Folding
from tests.oracle.campaigns import play
from tests.oracle.campaigns.rows import differences
from tests.thorough import examples

Document = dict[str, Any]
START = datetime(2024, 1, 1, 12, tzinfo=UTC)
GAPS = [timedelta(0), timedelta(seconds=4), timedelta(seconds=10), timedelta(hours=1), timedelta(days=2)]
BACK = [timedelta(0), timedelta(0), timedelta(seconds=6), timedelta(hours=1), timedelta(days=2), timedelta(days=40)]
THRESHOLDS = [1, 40, 100, 150]
AMOUNTS = [1, 9, 10, 40, 60, 99, 100, 151, 400]

ADJUSTMENTS = st.one_of(
    st.sampled_from(THRESHOLDS).map(lambda value: {"threshold": value}),
    st.integers(1, 3).map(lambda value: {"points": value}),
    st.sampled_from([{}, {"include": ["x"]}, {"exclude": ["x"]}]).map(lambda value: {"item_scope": value}),
    st.tuples(st.sampled_from(GAPS), st.sampled_from(GAPS)).map(lambda value: {"dates": value}),
    st.sampled_from([{"stores": {"stores": ["s1"]}}, {"stores": "all"}, {"draft": True}, {"mode": True}, {"currency": "EUR"}]),
)
MOVES = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(BACK), st.sampled_from(AMOUNTS), st.sampled_from(["x", "y"])),
    st.tuples(st.just("order"), st.sampled_from(BACK), st.sampled_from(AMOUNTS), st.sampled_from(["x", "y"])),
    st.tuples(st.just("ahead"), st.sampled_from(GAPS[:4]), st.sampled_from(AMOUNTS), st.sampled_from(["x", "y"])),
    st.tuples(st.just("refund"), st.integers(0, 20), st.sampled_from(AMOUNTS), st.booleans()),
    st.tuples(st.just("returned"), st.sampled_from(BACK), st.sampled_from(AMOUNTS), st.sampled_from(["x", "y"])),
    st.tuples(st.just("save"), ADJUSTMENTS, st.sampled_from([None, None, None, 1, 2, 3, 5]), st.sampled_from(["a", "a", "u"])),
    st.tuples(
        st.sampled_from(["pause", "resume", "pause", "resume", "archive"]),
        st.none(),
        st.sampled_from([None, None, 2, 4]),
        st.sampled_from(["a", "u", "nobody"]),
    ),
)
LIVES = st.lists(st.tuples(st.sampled_from(GAPS), st.sampled_from(["ann", "bob"]), MOVES), min_size=2, max_size=30)


def spending(mode: str, measure: str, draft: bool) -> Document:
    condition: Document = {"items": "designated", "mode": "once" if mode == "steps" else mode, "measure": measure}
    document: Document = {"kind": "activity", "type": "cumulative_spend", "code": "a", "name": "A", "condition": condition}
    document["item_scope"] = {"exclude": ["none"]}
    if mode == "steps":
        condition["steps"] = [{"threshold": n, "gifts": [{"kind": "points", "points": n}]} for n in (50, 120, 121)]
    else:
        condition["threshold"] = 100
        document["gifts"] = [{"kind": "points", "points": 1}]
    return document | ({"draft": True} if draft else {})


UPGRADE: Document = {"kind": "activity", "type": "tier_upgrade", "code": "u", "name": "U", "levels": ["classic/*"]}
UPGRADE |= {"gifts": [{"kind": "points", "points": 1}]}
PROGRAM: Document = {"kind": "program", "code": "classic", "name": "C", "timezone": "UTC", "currency": "GBP"}
PROGRAM |= {"levels": [{"code": code, "name": code, "threshold": least} for code, least in (("one", 100), ("two", 300))]}


class Life:
    """Makes the documents of one: moves, each so long after the one before, of a member."""

    def __init__(self, *activities: Document) -> None:
        self.now = START
        self.documents: list[Document] = []
        self.newest = {each["code"]: each for each in activities}

    def move(self, gap: timedelta, member: str, move: tuple[Any, ...]) -> None:
        self.now += gap
        name, first, second, third = move
        match name:
            case "order":
                self._order(member, self.now - first, second, third)
            case "ahead":
                self._order(member, self.now + first, second, third, received_at=self.now.isoformat())
            case "refund":
                self._refund(first, second, third)
            case "returned":
                line = {"sku": third, "quantity": second, "amount": second}
                self._refunded(None, member, self.now - first, line)
            case "save":
                self._change("save", second, third, self._adjusted(third, first))
            case _:
                self._change(name, second, third)

    def _order(self, member: str, placed: datetime, amount: int, sku: str, **more: Any) -> None:
        line = {"sku": sku, "quantity": amount, "amount": amount}
        order: Document = {"type": "purchase", "order_id": f"o{len(self.documents)}", "channel": "pos", "member_id": member}
        order |= {"store_id": "s1" if amount % 2 else "s2", "placed_at": placed.isoformat(), "currency": "GBP", "lines": [line]}
        self.documents.append(order | more)

    def _refund(self, which: int, amount: int, before: bool) -> None:
        """Of an order; `before`: comes before it."""
        orders = [place for place, each in enumerate(self.documents) if each["type"] == "purchase"]
        if not orders:
            return
        place = orders[which % len(orders)]
        order = self.documents[place]
        line = order["lines"][0] | {"amount": amount, "quantity": amount // 2}
        self._refunded(order["order_id"], order["member_id"], self.now, line)
        if before:
            self.documents.append(self.documents.pop(place))

    def _refunded(self, order_id: str | None, member: str, at: datetime, line: Document) -> None:
        refund = {"type": "refund", "refund_id": f"r{len(self.documents)}-{self.now}", "order_id": order_id, "channel": "pos"}
        refund |= {"store_id": "s1", "member_id": member, "refunded_at": at.isoformat(), "currency": "GBP", "lines": [line]}
        self.documents.append(refund)

    def _change(self, name: str, version: int | None, code: str, document: Document | None = None) -> None:
        change: Document = {"type": "change", "change": name, "kind": "activity", "code": code}
        change |= {"saved_at": self.now.isoformat(), "saved_by": "eva"}
        if version is not None:
            change["version"] = version
        self.documents.append(change if document is None else change | {"document": document})

    def _adjusted(self, code: str, adjustment: Document) -> Document:
        """The activity with what may be adjusted, and what may not. The next adjustment goes on from it, whatever becomes of it."""
        document = copy.deepcopy(self.newest[code])
        document.pop("draft", None)
        condition = document.get("condition", {})
        ((name, value),) = adjustment.items()
        match name:
            case "threshold" if "threshold" in condition:
                condition["threshold"] = value
            case "points" if "gifts" in document:
                document["gifts"] = [{"kind": "points", "points": value}]
            case "item_scope" if condition:
                document["item_scope"] = value or {"exclude": ["none"]}
            case "dates":
                document["starts_at"] = (self.now - value[0]).isoformat()
                document["ends_at"] = (self.now + value[1]).isoformat()
            case "stores" if condition:
                document["stores"] = value
            case "draft" | "currency":
                return document | adjustment
            case "mode" if condition:
                condition["mode"] = "once" if condition["mode"] == "every" else "every"
                if "steps" not in condition:
                    return document
                condition["mode"] = "once"
        self.newest[code] = document
        return document


# What was tried last is enough to read: explaining takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
KINDS_OF_LIFE = (st.sampled_from(["every", "every", "once", "steps"]), st.sampled_from(["amount", "pieces"]), st.booleans(), LIVES)


@examples(60, phases=PHASES)
@given(*KINDS_OF_LIFE)
def test_lives_come_out_as_the_second_implementation_says(mode: str, measure: str, draft: bool, moves: list[Any]) -> None:
    check(mode, measure, draft, moves)


@pytest.mark.slow
@examples(3_000, phases=PHASES)
@given(*KINDS_OF_LIFE)
def test_many_lives_do(mode: str, measure: str, draft: bool, moves: list[Any]) -> None:
    check(mode, measure, draft, moves)


def check(mode: str, measure: str, draft: bool, moves: list[Any]) -> None:
    activities = (spending(mode, measure, draft), UPGRADE)
    life = Life(*activities)
    for each in moves:
        life.move(*each)
    definitions = [PROGRAM, *activities]
    folding = Folding(definitions, DocumentsClock())
    for document in life.documents:
        folding.take(document)
    folding.turn()
    folding.end()
    expected = play(life.documents, definitions)
    assert folding.reasons() == [reason for reason, _ in expected.dead_letters]
    assert differences(expected, {"grants": folding.grants(), "levels": folding.levels()}) == []
