"""A life: documents of some members in their order, and changes of what they are judged by."""

from __future__ import annotations

import random
from datetime import timedelta

from .changes import Changes
from .programs import START, Document, program

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
PAUSES = [timedelta(0), SECOND, HOUR, 5 * HOUR, DAY, 2 * DAY, 6 * DAY, 12 * DAY, 20 * DAY, 31 * DAY, 95 * DAY]
FINE_PAUSES = [timedelta(microseconds=us) for us in (1, 10, 300, 999, 1_000, 1_001)]
DELAYS = [*[timedelta(0)] * 6, HOUR, DAY, 3 * DAY, 10 * DAY, 20 * DAY, 34 * DAY, 36 * DAY]
AMOUNTS = [0, 1, 10, 39, 40, 41, 60, 99, 100, 101, 150, 199, 200, 300, 499, 500, 600, 1_000]


def life(
    seed: int,
    lines: int = 25,
    members: int = 2,
    *,
    changes: bool = False,
    merges: bool = False,
    finer: bool = False,
    programs: int = 1,
) -> tuple[list[Document], list[Document]]:
    """Definitions, and the documents in their order. `changes`: of programs as well; `merges`: of members; `finer`: of times that are
    finer than milliseconds; `programs`: so many at least.
    """
    return _Life(random.Random(f"terms {seed}"), members, changes=changes, merges=merges, finer=finer).lived(lines, programs)


class _Life:
    def __init__(self, rng: random.Random, members: int, *, changes: bool, merges: bool, finer: bool) -> None:
        self.rng = rng
        self.pauses = [*PAUSES, *FINE_PAUSES * 2] if finer else PAUSES
        self.changes = changes
        # What is changed in most lives of some, and in few of others.
        self.kinds_of_change = Changes(
            rng, rng.choice(["name", "standard", "counting", "zone"]) if changes else "", self._next_number
        )
        self.merges = merges
        self.now = START
        self.members = [f"m{number}" for number in range(members)]
        self.number = 0
        self.sent: list[Document] = []
        self.counted: list[Document] = []

    def lived(self, lines: int, at_least: int) -> tuple[list[Document], list[Document]]:
        programs = [program(self.rng, "c", default=True)]
        if self.rng.random() < 0.3:
            programs.append(program(self.rng, "d", default=False))
        programs += [program(self.rng, f"p{number}", default=False) for number in range(len(programs), at_least)]
        self.programs = programs
        self.newest = list(programs)
        self.scheduled: set[int] = set()
        upgrade: Document = {"kind": "activity", "type": "tier_upgrade", "code": "up", "name": "up", "levels": ["c/*"]}
        upgrade |= {"gifts": [{"kind": "points", "points": 10}], "regain": self.rng.random() < 0.5}
        codes = [each["code"] for each in programs]
        if at_least > 1:
            upgrade["levels"] = [f"{code}/*" for code in codes]
        documents: list[Document] = []
        if len(programs) > 1:
            documents += [{"type": "member", "member_id": member, "programs": self._belongs_to(codes)} for member in self.members]
        while len(documents) < lines:
            self.now += self.rng.choice(self.pauses)
            documents.append(self._document())
        return [*programs, upgrade], documents

    def _belongs_to(self, codes: list[str]) -> list[str]:
        if len(codes) > 2:
            return self.rng.sample(codes, self.rng.randint(1, len(codes)))
        return self.rng.choice([["c"], ["c", "d"], ["d"]])

    def _document(self) -> Document:
        rng = self.rng
        kinds = {self._order: 55, self._refund: 18, self._payment: 10, self._again: 4}
        if self.changes:
            kinds[self._change] = 14
        if self.merges:
            kinds[self._merge] = 5
        (made,) = rng.choices(list(kinds), list(kinds.values()))
        document = made() or self._order()
        if document["type"] not in ("change", "member"):
            self.sent.append(document)
        return document

    def _next_number(self) -> int:
        self.number += 1
        return self.number

    def _merge(self) -> Document:
        """One of them into another, or into one who is new; it may be that they are one already."""
        rng = self.rng
        into = rng.choice(self.members) if rng.random() < 0.9 else f"m{len(self.members)}"
        if into not in self.members:
            self.members.append(into)
        return {"type": "member", "member_id": rng.choice(self.members), "merged_into": into}

    def _change(self) -> Document:
        """Of a program: saved as another, at once or for later; what is scheduled brought forward, or cancelled."""
        rng = self.rng
        place = rng.randrange(len(self.programs))
        program = self.newest[place]
        change = {"type": "change", "kind": "program", "code": program["code"], "saved_at": self.now.isoformat(), "saved_by": "eva"}
        if rng.random() < (0.6 if place in self.scheduled else 0.05):
            self.scheduled.discard(place)
            return change | {"change": rng.choice(["bring_forward", "cancel"])}
        self.newest[place] = document = self.kinds_of_change.changed(program, self.now)
        change |= {"change": "save", "document": document}
        if rng.random() < 0.4:
            self.scheduled.add(place)
            existing = self.now + rng.choice([HOUR, DAY, 5 * DAY, 30 * DAY])
            if rng.random() < 0.5:
                # When terms end.
                existing = existing.replace(hour=0, minute=0, second=0) + DAY
            # A program is judged by from whole milliseconds on.
            change["existing_at"] = existing.replace(microsecond=existing.microsecond // 1000 * 1000).isoformat()
        return change

    def _again(self) -> Document | None:
        found = dict(self.rng.choice(self.sent[-10:])) if self.sent else None
        if found is not None and self.merges and self.rng.random() < 0.3:
            found["member_id"] = self.rng.choice(self.members)
        return found

    def _measures_points(self) -> bool:
        return any(program.get("measure") == "points" for program in self.newest)

    def _order(self) -> Document:
        rng = self.rng
        self.number += 1
        at = (self.now - rng.choice(DELAYS)).isoformat()
        member, amount = rng.choice(self.members), rng.choice(AMOUNTS)
        imported = {"imported": True} if rng.random() < (0.12 if self.changes else 0.04) else {}
        if self._measures_points() and rng.random() < 0.7:
            document = {
                "type": "points",
                "points_id": f"t{self.number}",
                "member_id": member,
                "points": amount or 7,
                "earned_at": at,
            }
            document |= imported
        else:
            lines = [{"sku": "x", "quantity": 1, "amount": amount}]
            document = {"type": "purchase", "order_id": f"o{self.number}", "channel": "pos", "store_id": "s", "member_id": member,
                        "placed_at": at, "currency": "GBP", "lines": lines, **imported}  # fmt: skip
            if rng.random() < 0.1 and amount:
                document["payments"] = [{"method": "gift_card", "amount": rng.randint(1, amount)}]
        self.counted.append(document)
        return document

    def _refund(self) -> Document | None:
        rng = self.rng
        self.number += 1
        at = (self.now - rng.choice([timedelta(0), timedelta(0), timedelta(0), DAY, 9 * DAY])).isoformat()
        if rng.random() < 0.25 or not self.counted:
            named, member, amount = None, rng.choice(self.members), rng.choice(AMOUNTS[1:])
            points = self._measures_points() and rng.random() < 0.7
        else:
            order = rng.choice(self.counted[-6:])
            points = order["type"] == "points"
            named, member = order["points_id" if points else "order_id"], order["member_id"]
            whole = order["points"] if points else order["lines"][0]["amount"]
            amount = rng.choice([whole, whole // 2, 10, rng.randint(0, whole)])
            if self.merges and rng.random() < 0.3:
                member = rng.choice(self.members)
        if points:
            taken = {
                "type": "points",
                "points_id": f"t{self.number}",
                "member_id": member,
                "points": -max(1, amount),
                "earned_at": at,
            }
            return taken | ({} if named is None else {"takes_back": named})
        return {"type": "refund", "refund_id": f"r{self.number}", "order_id": named, "channel": "pos", "store_id": "s", "member_id": member,
                "refunded_at": at, "currency": "GBP", "lines": [{"sku": "x", "quantity": 1, "amount": amount}]}  # fmt: skip

    def _payment(self) -> Document | None:
        rng = self.rng
        program = rng.choice(self.newest)
        for_sale = [level for level in program["levels"] if "price" in level]
        if not for_sale:
            return None
        self.number += 1
        level = rng.choice(for_sale)
        payment: Document = {
            "type": "payment",
            "payment_id": f"p{self.number}",
            "member_id": rng.choice(self.members),
            "currency": "GBP",
        }
        payment |= {"program": program["code"], "level": level["code"], "amount": level["price"]}
        if "prices" in level and rng.random() < 0.5:
            payment |= {"from_level": "silver", "amount": level["prices"]["silver"]}
        if rng.random() < 0.05:
            payment["amount"] += 1
        return payment | {"paid_at": (self.now - rng.choice(DELAYS)).isoformat()}
