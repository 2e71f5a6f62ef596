"""Lives of levels: a program of any standard, and some members' orders, refunds, payments and points over a year or three."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any

Document = dict[str, Any]

# So long ago that no life reaches beyond today, when documents are of times to come.
START = datetime(2015, 11, 20, 12, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
PAUSES = [timedelta(0), SECOND, HOUR, 5 * HOUR, DAY, 2 * DAY, 6 * DAY, 12 * DAY, 20 * DAY, 31 * DAY, 95 * DAY]
DELAYS = [*[timedelta(0)] * 6, HOUR, DAY, 3 * DAY, 10 * DAY, 20 * DAY, 34 * DAY, 36 * DAY]
AMOUNTS = [0, 1, 10, 39, 40, 41, 60, 99, 100, 101, 150, 199, 200, 300, 499, 500, 600, 1_000]
SPANS = [{"days": 5}, {"days": 30}, {"days": 60}, {"years": 1}]
PERIODS = [{"days": 7}, {"days": 30}, {"days": 90}, {"months": 1}, {"months": 3}]
EXTENSIONS = [{"days": 10}, {"months": 1}, {"days": 300}, {"years": 1}]


def life(
    seed: int, lines: int = 25, members: int = 2, *, changes: bool = False, merges: bool = False
) -> tuple[list[Document], list[Document]]:
    """Definitions, and the documents in their order. `changes`: of programs as well; `merges`: of members."""
    return _Life(random.Random(f"terms {seed}"), members, changes=changes, merges=merges).lived(lines)


class _Life:
    def __init__(self, rng: random.Random, members: int, *, changes: bool, merges: bool) -> None:
        self.rng = rng
        self.changes = changes
        # What is changed in most lives of some, and in few of others.
        self.mostly = rng.choice(["name", "standard", "counting"]) if changes else ""
        self.merges = merges
        self.now = START
        self.members = [f"m{number}" for number in range(members)]
        self.number = 0
        self.sent: list[Document] = []
        self.counted: list[Document] = []

    def lived(self, lines: int) -> tuple[list[Document], list[Document]]:
        programs = [self._program("c", default=True)]
        if self.rng.random() < 0.3:
            programs.append(self._program("d", default=False))
        self.programs = programs
        self.newest = list(programs)
        self.scheduled: set[int] = set()
        upgrade: Document = {"kind": "activity", "type": "tier_upgrade", "code": "up", "name": "up", "levels": ["c/*"]}
        upgrade |= {"gifts": [{"kind": "points", "points": 10}], "regain": self.rng.random() < 0.5}
        documents: list[Document] = []
        if len(programs) > 1:
            documents += [
                {"type": "member", "member_id": member, "programs": self.rng.choice([["c"], ["c", "d"], ["d"]])}
                for member in self.members
            ]
        while len(documents) < lines:
            self.now += self.rng.choice(PAUSES)
            documents.append(self._document())
        return [*programs, upgrade], documents

    def _program(self, code: str, *, default: bool) -> Document:
        rng = self.rng
        zone = rng.choice(["UTC", "Europe/London", "America/New_York"])
        program: Document = {"kind": "program", "code": code, "name": code, "timezone": zone, "currency": "GBP", "default": default}
        window = rng.choice(["each", "history", "since_upgrade", "period", "each", "since_upgrade", "period"])
        if window == "each":
            program["standard"] = {"mode": "each"}
        else:
            program["standard"] = {"mode": "total", "window": window}
        if window == "period":
            program["standard"]["period"] = rng.choice(PERIODS)
        if window == "history" and rng.random() < 0.3:
            program["standard"]["include_imported"] = True
        limited = window != "history" and rng.random() < 0.8
        if limited:
            program["validity"] = rng.choice(SPANS)
        if window != "history" and rng.random() < 0.6:
            program["spending_downgrade"] = True
        if limited and rng.random() < 0.5:
            program["lock_in"] = {"by": rng.choice(["single_order", "period_total"]), "extend": rng.choice(EXTENSIONS)}
        if rng.random() < 0.2:
            program["measure"] = "points"
        if rng.random() < 0.1:
            program["active_from"] = (START + 20 * DAY).isoformat()
        program["levels"] = self._levels("lock_in" in program)
        if any("prices" in level for level in program["levels"]):
            program["paid"] = {"pricing": "per_level"}
        return program

    def _levels(self, locked: bool) -> list[Document]:
        rng = self.rng
        levels: list[Document] = [
            {"code": "silver", "name": "s", "threshold": 100, "lock_in_amount": 40},
            {"code": "mid", "name": "m", "threshold": 200, "lock_in_amount": 60},
            {"code": "gold", "name": "g", "threshold": 500, "lock_in_amount": 200},
        ]
        if rng.random() < 0.2:
            levels.insert(0, {"code": "base", "name": "b", "threshold": 0, "lock_in_amount": 5})
        if rng.random() < 0.15:
            rng.choice(levels[1:])["enabled"] = False
        if not locked:
            for level in levels:
                del level["lock_in_amount"]
        if rng.random() < 0.4:
            price = {
                "price": 990,
                "paid_validity": rng.choice([{"days": 3}, {"days": 30}, {"months": 1}, {"years": 1}, "permanent"]),
            }
            levels.insert(rng.randint(0, len(levels)), {"code": "plus", "name": "p", "type": "paid", **price})
        if rng.random() < 0.4:
            dual = levels[-1] if levels[-1].get("type") is None else levels[-2]
            dual |= {"type": "dual", "price": 2_000, "paid_validity": rng.choice([{"days": 60}, {"years": 1}])}
            if rng.random() < 0.4:
                dual["prices"] = {"silver": 1_500}
        for level in levels:
            if rng.random() < 0.2:
                points = {"kind": "upgrade_points", "code": "b", "name": "b", "points": 5}
                level["benefits"] = [points | ({"paid_only": True} if level.get("type") == "dual" and rng.random() < 0.5 else {})]
        return levels

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
        self.newest[place] = document = self._changed(program)
        change |= {"change": "save", "document": document}
        if rng.random() < 0.4:
            self.scheduled.add(place)
            existing = self.now + rng.choice([HOUR, DAY, 5 * DAY, 30 * DAY])
            if rng.random() < 0.5:
                # When terms end.
                existing = existing.replace(hour=0, minute=0, second=0) + DAY
            change["existing_at"] = existing.isoformat()
        return change

    def _changed(self, program: Document) -> Document:
        rng = self.rng
        found = copy.deepcopy(program)
        levels = found["levels"]
        for _ in range(rng.choice([1, 1, 2])):
            what = rng.choice(
                ["threshold", "enabled", "delete", "add", "order", "off", "off", "setting", "name", "standard", "counting"]
                + [self.mostly] * 5
            )
            level = rng.choice(levels)
            if what == "threshold" and "threshold" in level:
                level["threshold"] = rng.choice([50, 90, 100, 120, 150, 200, 300, 450, 500, 700])
            elif what == "enabled":
                level["enabled"] = not level.get("enabled", True)
            elif what == "delete" and len(levels) > 2:
                levels.remove(level)
            elif what == "add":
                self.number += 1
                added = {"code": f"l{self.number}", "name": "l", "threshold": rng.choice([80, 160, 250, 400]), "lock_in_amount": 50}
                if "lock_in" not in found:
                    del added["lock_in_amount"]
                levels.insert(rng.randint(0, len(levels)), added)
            elif what == "order":
                rng.shuffle(levels)
            elif what == "off":
                found["enabled"] = not found.get("enabled", True)
            elif what == "setting":
                self._change_setting(found)
            elif what == "standard":
                self._change_standard(found)
            elif what == "counting":
                self._change_counting(found)
            else:
                found["name"] = f"name {self.now.isoformat()}"
        if not any(level.get("enabled", True) for level in levels):
            levels[0]["enabled"] = True
        codes = {level["code"] for level in levels}
        for level in levels:
            if "prices" in level and not codes.issuperset(level["prices"]):
                del level["prices"]
        return found

    def _change_standard(self, program: Document) -> None:
        rng = self.rng
        if rng.random() < 0.2:
            program["measure"] = "amount" if program.get("measure") == "points" else "points"
            return
        mode = rng.choice(["each", "history", "since_upgrade", "period"])
        program["standard"] = {"mode": "each"} if mode == "each" else {"mode": "total", "window": mode}
        if mode == "period":
            program["standard"]["period"] = rng.choice(PERIODS)
        if mode == "history":
            if rng.random() < 0.4:
                program["standard"]["include_imported"] = True
            for name in ("validity", "spending_downgrade", "lock_in"):
                program.pop(name, None)
            for level in program["levels"]:
                level.pop("lock_in_amount", None)

    def _change_counting(self, program: Document) -> None:
        """Which documents count: `active_from`, at a midnight or in the middle of a day, and `include_imported`."""
        rng, standard = self.rng, program.get("standard", {})
        if standard.get("window") == "history" and rng.random() < 0.5:
            standard["include_imported"] = not standard.get("include_imported", False)
        elif "active_from" in program and rng.random() < 0.4:
            del program["active_from"]
        else:
            active = self.now + rng.choice([-30, -12, -5, -1, 0, 1, 5]) * DAY
            if rng.random() < 0.7:
                active = active.replace(hour=0, minute=0, second=0)
            program["active_from"] = active.isoformat()

    def _change_setting(self, program: Document) -> None:
        rng = self.rng
        what = rng.choice(["validity", "downgrade", "lock_in", "period", "validity", "downgrade", "lock_in", "period", "standard"])
        if what == "standard":
            self._change_standard(program)
        standard = program.get("standard", {})
        if standard.get("window", "history") == "history" and standard.get("mode") != "each":
            return
        if what == "validity":
            program["validity"] = rng.choice([*SPANS, "permanent"])
            if program["validity"] == "permanent":
                program.pop("lock_in", None)
        elif what == "downgrade":
            program["spending_downgrade"] = not program.get("spending_downgrade", False)
        elif what == "lock_in" and "lock_in" in program:
            program["lock_in"] = {"by": rng.choice(["single_order", "period_total"]), "extend": rng.choice(EXTENSIONS)}
            for level in program["levels"]:
                if "lock_in_amount" in level:
                    level["lock_in_amount"] = rng.choice([5, 40, 60, 150])
        elif what == "period" and "period" in standard:
            standard["period"] = rng.choice(PERIODS)
        if "lock_in" not in program:
            for level in program["levels"]:
                level.pop("lock_in_amount", None)

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
