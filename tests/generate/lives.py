"""Small lives: some documents of two members with few ids, goods and moments, so that the corners of spec 1 meet in each."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from .broken import broken
from .purchases import settle, time_text
from .resends import equal, equal_under_new_id, has_key, other_content
from .shapes import parts_of, receipt
from .spelling import plain, rewritten, spelled

Document = dict[str, Any]

START = datetime(2024, 3, 1, 12, tzinfo=UTC)
MEMBERS = ["ann", "ann", "ann", "7/%"]
INSTANT, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
LATE, REFUNDABLE = 35 * DAY, 180 * DAY
# How long an id is certainly known: what comes twice after that is late, as a rule.
FORGOTTEN = 150 * DAY
# From one arrival to the next.
PAUSES = [
    timedelta(0),
    timedelta(0),
    timedelta(milliseconds=1),
    HOUR,
    DAY,
    34 * DAY,
    LATE,
    LATE + timedelta(milliseconds=1),
    60 * DAY,
    REFUNDABLE,
]
# What a till was offline before it sent, and how far a clock was wrong.
DELAYS = [*[timedelta(0)] * 12, HOUR, DAY, LATE, LATE + INSTANT, LATE + timedelta(milliseconds=1), -DAY, -DAY - INSTANT]


def life(seed: int) -> tuple[list[Document], list[bytes]]:
    """Definitions, and the lines in their order."""
    return Life(random.Random(f"life {seed}")).lived()


class Life:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.now = self.first = START  # the second: when what is being made was sent first
        self.sent: list[tuple[datetime, Document]] = []
        self.receipts: dict[str, Document] = {}  # by order id: their parts

    def lived(self) -> tuple[list[Document], list[bytes]]:
        rules, lines = rules_of(self.rng), []
        for _ in range(self.rng.randint(2, 9)):
            self.now += self.rng.choice(PAUSES)
            self.first = self.now
            document = self._document()
            if self.rng.random() < 0.06:
                lines.append(broken(self.rng, document))
            else:
                self.sent.append((self.first, document))
                lines.append(self._raw(document))
        return rules, lines

    def _document(self) -> Document:
        rng = self.rng
        orders = [document for _, document in self.sent if document["type"] == "purchase"]
        kind = rng.random()
        recent = [(at, document) for at, document in self.sent if self.now - at < FORGOTTEN]
        if recent and kind < 0.25:
            self.first, document = rng.choice(recent)
            return self._again(document)
        if kind < 0.55:
            return self._refund(rng.choice(orders) if orders and rng.random() < 0.85 else None)
        return self._purchase()

    def _again(self, document: Document) -> Document:
        makes = [equal, equal, other_content] + ([equal_under_new_id] * 3 if has_key(document) else [])
        again = self.rng.choice(makes)(self.rng, document)
        return again | {"received_at": time_text(self.rng, self.now)} if self.rng.random() < 0.5 else again

    def _purchase(self) -> Document:
        rng = self.rng
        document = self._common({"type": "purchase", "order_id": self._id("a", "b", "c", "17")}, "placed_at")
        if document["order_id"][0] == "c" and rng.random() < 0.3:
            document["currency"] = "EUR"
        document["lines"] = goods(rng)
        for name, values in EXTRAS.items():
            if rng.random() < 0.15:
                document[name] = rng.choice(values)
        settle(rng, document)
        if rng.random() < 0.2 and has_key(document):
            self.receipts[document["order_id"]] = parts_of(document)
        return document

    def _refund(self, order: Document | None) -> Document:
        rng = self.rng
        document = self._common({"type": "refund", "refund_id": self._id("r", "s", "18")}, "refunded_at")
        if order is None:
            document["order_id"] = rng.choice([None, self._id("a", "b"), self._id("a") + "-retry"])
            document["lines"] = [line for line in goods(rng) if line["quantity"] >= 0 and line["amount"] >= 0] or [ONE]
        else:
            document |= {name: order[name] for name in ("channel", "store_id", "currency")}
            document["order_id"] = order["order_id"]
            document["lines"] = [self._part(line) for line in order["lines"] if line["quantity"] >= 0 and line["amount"] >= 0] or [
                ONE
            ]
            if rng.random() < 0.9:
                document["member_id"] = order.get("member_id")
        document["total"] = sum(line["amount"] for line in document["lines"])
        if document["order_id"] in self.receipts:
            document |= {"channel": "pos", "terminal_id": "t", "receipt_no": self._id("8", "9"), "business_date": "2024-03-01"}
        return document

    def _id(self, *ids: str) -> str:
        """None is used again when it may have been forgotten."""
        return self.rng.choice(ids) + "0" * ((self.now - START) // FORGOTTEN)

    def _part(self, line: Document) -> Document:
        kind = self.rng.random()
        if kind < 0.5:
            return line
        if isinstance(line["quantity"], float):
            quantity, amount = (
                self.rng.choice([0, 0.001, 1, line["quantity"]]),
                self.rng.choice([line["amount"], line["amount"] // 2]),
            )
            return line | {"quantity": quantity, "amount": amount}
        pieces = self.rng.choice([0, 1, line["quantity"], line["quantity"] + 1, 0.5])
        return line | {"quantity": pieces, "amount": self.rng.randint(0, line["amount"])}

    def _common(self, document: Document, time: str) -> Document:
        rng = self.rng
        delay = rng.choice(DELAYS)
        document |= {
            "channel": rng.choice(["pos", "pos", "online"]),
            "store_id": rng.choice(["n-1", "n-1", "701"]),
            "currency": "GBP",
            time: time_text(rng, self.now - delay),
        }
        member_id = rng.choice([*MEMBERS, None] if rng.random() < 0.3 else MEMBERS)
        if member_id is not None:
            document["member_id"] = member_id
        # The clocks of brokers and replays go by milliseconds; what documents say themselves is taken to the microsecond.
        if delay < timedelta(0) or delay.microseconds % 1_000 or rng.random() < 0.3:
            document["received_at"] = time_text(rng, self.now)
        if document["channel"] == "pos" and rng.random() < 0.6:
            document |= {"terminal_id": "t", "receipt_no": self._id("1", "2", "3"), "business_date": "2024-03-01"}
        return document

    def _raw(self, document: Document) -> bytes:
        parts = self.receipts.get(document.get("order_id") or "")
        if parts is not None and has_key(document):
            return rewritten(self.rng, receipt(self.rng, document, parts))
        return spelled(self.rng, document) if self.rng.random() < 0.5 else plain(document)


ONE = {"sku": "x", "quantity": 1, "amount": 40}
EXTRAS: dict[str, list[Any]] = {
    "service_type": ["dine_in", "delivery"], "fees": [5], "tax": [7], "rounding": [-2], "coupons": [["mug"], []], "promotions": [["half"]],
    "member_price": [True, False], "imported": [True, False],
}  # fmt: skip


def goods(rng: random.Random) -> list[Document]:
    """Mostly of the sum of a threshold or two; `ham` by weight, by the piece, or both."""
    lines = []
    for _ in range(rng.randint(1, 3)):
        quantity = rng.choice([1, 1, 2, 3, 3, 0])
        lines.append(
            {
                "sku": rng.choice(["x", "x", "y", "y", "ham"]),
                "quantity": quantity,
                "amount": rng.choice([0, 1, 33, 50, 99, 100, 250]),
            }
        )
    while rng.random() < 0.2:
        lines.append({"sku": "ham", "quantity": rng.choice([0.35, 1.25, 0.001]), "amount": rng.choice([0, 40, 100])})
    if rng.random() < 0.15:
        sku, quantity = rng.choice([("x", 1), ("y", 2), ("ham", 0.5)])
        lines.append({"sku": sku, "quantity": -quantity, "amount": -rng.choice([0, 20, 100])})
    if rng.random() < 0.15:
        lines.insert(
            rng.randint(0, len(lines)),
            {"sku": rng.choice(["x", "deal"]), "quantity": rng.choice([0, 1]), "amount": -rng.choice([1, 10, 99, 500])},
        )
    return lines


def rules_of(rng: random.Random) -> list[Document]:
    """A ladder, and activities that ask for different things."""
    levels = [
        {"code": code, "name": code, "threshold": threshold}
        for code, threshold in zip("abc", rng.choice([(100, 200, 300), (0, 150, 400)]), strict=True)
    ]
    standard = {"mode": "total", "window": "history", "include_imported": rng.random() < 0.5}
    program: Document = {"kind": "program", "code": "classic", "name": "Classic", "timezone": "Europe/London", "currency": "GBP",
                         "default": True, "enabled": True, "levels": levels, "standard": standard}  # fmt: skip
    if rng.random() < 0.2:
        program["active_from"] = (START + HOUR).isoformat()
    ends_at = (START + DAY).replace(microsecond=0).isoformat()
    return [
        program,
        {"kind": "organization", "code": "north", "name": "North", "stores": ["n-1"]},
        _spend("amount", "every", 100),
        _spend("pieces", "every", 2, measure="pieces"),
        _spend("once", "once", 150, ends_at=ends_at, stores={"stores": ["701"], "organizations": ["north"]}),
        _spend("scoped", "every", 50, items="designated", item_scope={"include": ["x", "ham"]}, service_types=["dine_in"]),
        _spend("alone", "every", 100, not_with={"assets": ["gift_card", "points"], "coupons": "all", "benefits": ["member_price"]}),
        _spend(
            "tills",
            "every",
            1,
            measure="pieces",
            channels=["pos"],
            starts_at=(START + HOUR).isoformat(),
            items="designated",
            item_scope={"exclude": ["x"]},
        ),
        _upgrade("up"),
        _upgrade("again", regain=True),
        _upgrade("early", ends_at=ends_at),
    ]


def _spend(code: str, mode: str, threshold: int, *, measure: str = "amount", items: str = "any", **more: Any) -> Document:
    condition = {"items": items, "mode": mode, "measure": measure, "threshold": threshold}
    gifts = [{"kind": "points", "points": 5, "release": "instant"}]
    return {
        "kind": "activity",
        "type": "cumulative_spend",
        "code": code,
        "name": code,
        "condition": condition,
        "gifts": gifts,
    } | more


def _upgrade(code: str, **more: Any) -> Document:
    gifts = [{"kind": "points", "points": 9, "release": "instant"}]
    return {"kind": "activity", "type": "tier_upgrade", "code": code, "name": code, "levels": ["classic/*"], "gifts": gifts} | more
