"""A life: what is sent, in which order, and what is changed in between."""

from __future__ import annotations

import copy
import random
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.campaigns import play

from .activities import Activities
from .values import COUPONS, DAY, HOUR, SECOND, SKUS, START, STORES, TAGS, text

Document = dict[str, Any]

PAUSES = [timedelta(0), SECOND, 5 * SECOND, 30 * SECOND, HOUR / 2, HOUR, 3 * HOUR, 9 * HOUR, DAY, 3 * DAY]
DELAYS = [*[timedelta(0)] * 10, SECOND, HOUR, DAY, 6 * DAY, 34 * DAY, 36 * DAY]


# Of lives whose times are finer than milliseconds; and by how much what comes about when a change comes to hold is earlier or later.
FINE_PAUSES = [timedelta(microseconds=us) for us in (0, 1, 10, 300, 999, 1_000, 1_001)]
FINE_STEPS = [timedelta(microseconds=us) for us in (-300, -1, 0, 0, 1, 300)]
HOLDS_AFTER = timedelta(seconds=10)


def campaign(seed: int, lines: int = 60, members: int = 4, *, finer: bool = False) -> tuple[list[Document], list[Document]]:
    """Definitions, and the documents in their order. `finer`: many of these are within a millisecond of others, or of when changes hold."""
    return Campaign(random.Random(f"campaign {seed}"), members, finer=finer).lived(lines)


class Campaign:
    def __init__(self, rng: random.Random, members: int, *, finer: bool) -> None:
        self.rng = rng
        self.finer = finer
        self.changed = START
        self.now = START
        self.members = ["7/%", *(f"m{number}" for number in range(1, members))]
        self.orders: list[Document] = []
        self.sent: list[Document] = []
        self.number = 0
        self.activities = Activities(rng, self.members)
        # In every other life members are merged and deleted.
        self.people_change = rng.random() < 0.5
        self.newest: dict[str, Document] = {}  # by code, the activities as they were last saved

    def lived(self, lines: int) -> tuple[list[Document], list[Document]]:
        definitions = self.activities.around()
        activities, at_first = self.activities.new()
        self.newest = {each["code"]: each for each in activities}
        definitions += at_first
        timed = [(self.now, self._profile(member)) for member in self.members if self.rng.random() < 0.5]
        while len(timed) < lines:
            self.now = self._next()
            timed.append((self.now, self._document()))
        without = play([document for _, document in timed], definitions)
        grants = [(grant.grant_id, grant.member_id, len(grant.gifts)) for grant in without.grants.values()]
        for grant_id, member_id, gifts in self.rng.sample(grants, min(len(grants), lines // 5)):
            place = self.rng.randrange(len(timed))
            at = timed[place][0] + self.rng.choice([timedelta(0), timedelta(0), SECOND, -HOUR])
            claim: Document = {"type": "claim", "member_id": member_id, "grant_id": grant_id}
            if self.rng.random() < 0.8:
                # One more than it has, now and then.
                claim["gift"] = self.rng.randint(1, gifts + (self.rng.random() < 0.3))
            if self.people_change and self.rng.random() < 0.2:
                claim["member_id"] = self.rng.choice(self.members)
            timed.insert(place + 1, (timed[place][0], claim | {"claimed_at": text(at)}))
        return definitions, [document for _, document in timed]

    def _next(self) -> datetime:
        rng = self.rng
        if not self.finer or rng.random() < 0.3:
            return self.now + rng.choice(PAUSES)
        about = self.changed + HOLDS_AFTER + rng.choice(FINE_STEPS)
        if self.now < about and rng.random() < 0.4:
            return about
        return self.now + rng.choice(FINE_PAUSES)

    def _document(self) -> Document:
        rng = self.rng
        kinds = {self._purchase: 50, self._refund: 14, self._claim: 6, self._change: 10, self._test_send: 3, self._again: 4}
        if self.people_change:
            kinds |= {self._merge: 4, self._delete: 1}
        (made,) = rng.choices(list(kinds), list(kinds.values()))
        document = made()
        if document is None:
            if rng.random() < 0.1:
                return self._profile(rng.choice(self.members))
            document = self._purchase()
        self.sent.append(document)
        return document

    def _again(self) -> Document | None:
        found = [each for each in self.sent if each["type"] in ("purchase", "refund", "test_send")]
        if not found:
            return None
        again = copy.deepcopy(self.rng.choice(found[-20:]))
        if again["type"] == "purchase" and self.rng.random() < 0.3:
            again["lines"][0]["amount"] += 1
            again.pop("total", None)
        if self.people_change and again["member_id"] is not None and self.rng.random() < 0.4:
            again["member_id"] = self.rng.choice(self.members)
        return again

    def _merge(self) -> Document:
        """Into whomever: himself, one who was merged before, or one who was never seen."""
        old, new = self.rng.choice(self.members), self.rng.choice([*self.members, f"n{self.number}"])
        if new not in self.members:
            self.members.append(new)
        return {"type": "member", "member_id": old, "merged_into": new}

    def _delete(self) -> Document:
        """Another comes for him."""
        member = self.rng.choice(self.members)
        self.members.append(f"n{self.number}")
        return {"type": "member", "member_id": member, "deleted": True}

    def _profile(self, member_id: str) -> Document:
        rng = self.rng
        parts: Document = {
            "tags": rng.sample(TAGS, rng.randint(0, 2)),
            "birthday": rng.choice(["1990-03-08", "02-29", "2001-12-31"]),
            "mini_programs": rng.choice([{"main": "u1"}, {"main": "u1", "side": "u2"}, {"other": "u3"}]),
            "consents": {"mini_program": rng.random() < 0.7},
        }
        if self.now == START:
            parts["registered_at"] = text(START - rng.randint(0, 2) * DAY)
            parts["programs"] = rng.choice([["classic"], ["classic", "other"], ["other"]])
        chosen = {name: parts[name] for name in parts if rng.random() < 0.6}
        return {"type": "member", "member_id": member_id, **chosen}

    def _lines(self) -> list[Document]:
        rng = self.rng
        amounts = [0, 1, 10, 49, 50, 100, 333, 1_000]
        return [
            {"sku": rng.choice(SKUS), "quantity": rng.randint(1, 4), "amount": rng.choice(amounts)}
            for _ in range(rng.randint(1, 3))
        ]

    def _purchase(self) -> Document:
        rng = self.rng
        self.number += 1
        placed = self.now - rng.choice(DELAYS)
        if self.finer and rng.random() < 0.3:
            placed = self.changed + HOLDS_AFTER + rng.choice(FINE_STEPS)
        order: Document = {
            "type": "purchase",
            "order_id": f"o{self.number}",
            "channel": rng.choice(["pos", "online"]),
            "store_id": rng.choice(STORES),
            "service_type": rng.choice(["dine_in", "delivery", "self_pickup"]),
            "member_id": None if rng.random() < 0.04 else rng.choice(self.members),
            "placed_at": text(placed),
            "currency": "EUR" if rng.random() < 0.03 else "GBP",
            "lines": self._lines(),
        }
        order["total"] = sum(line["amount"] for line in order["lines"])
        if rng.random() < 0.25:
            order["coupons"] = [rng.choice(sorted(COUPONS))]
        if rng.random() < 0.1:
            order["promotions"] = ["half"]
        if rng.random() < 0.15 and order["total"]:
            order["payments"] = [{"method": rng.choice(["points", "gift_card", "card"]), "amount": order["total"] // 2}]
        if rng.random() < 0.04:
            order["imported"] = True
        self.orders.append(order)
        return order

    def _refund(self) -> Document | None:
        rng = self.rng
        self.number += 1
        if rng.random() < 0.15:
            order = self._purchase()
            lines, order_id = self._lines(), None
            if rng.random() < 0.5:
                # Before its order, which comes later: as one that is sent again.
                lines, order_id = [order["lines"][0]], order["order_id"]
        elif not self.orders:
            return None
        else:
            order = rng.choice(self.orders[-15:])
            lines, order_id = [dict(rng.choice(order["lines"]))], order["order_id"]
            if rng.random() < 0.5:
                lines[0]["amount"] //= 2
                lines[0]["quantity"] = rng.randint(0, max(0, int(float(lines[0]["quantity"]))))
        if order["member_id"] is None:
            return None
        member = order["member_id"]
        if self.people_change and rng.random() < 0.3:
            member = rng.choice(self.members)
        return {
            "type": "refund",
            "refund_id": f"r{self.number}",
            "order_id": order_id,
            "channel": order["channel"],
            "store_id": order["store_id"],
            "member_id": member,
            "refunded_at": text(self.now),
            "currency": order["currency"],
            "lines": lines,
        }

    def _claim(self) -> Document:
        """Perhaps of nothing that was granted, or by somebody else."""
        rng = self.rng
        member, code = rng.choice(self.members), rng.choice(sorted(self.newest))
        of = rng.choice([member, member, "m1"]).replace("%", "%25").replace("/", "%2F")
        day = self.now.date()
        number = rng.randint(1, 3)
        week = f"{day:%G-W%V}"
        labels = [str(number), "classic/silver", f"classic/gold/{number}", "other/silver", f"other/silver/{number}", "once"]
        labels += [f"test/t{number}", f"{day}", week, f"{day:%Y-%m}"]
        claim = {"type": "claim", "member_id": member, "grant_id": f"{code}/{of}/{rng.choice(labels)}"}
        return claim | {"gift": rng.randint(1, 4), "claimed_at": text(self.now)}

    def _test_send(self) -> Document | None:
        rng = self.rng
        bulk = [code for code, each in self.newest.items() if each["type"] == "bulk"]
        if not bulk:
            return None
        member = rng.choice([*self.members, "nobody"])
        test: Document = {
            "type": "test_send",
            "test_id": f"t{rng.randint(1, 3)}",
            "activity": rng.choice(bulk),
            "member_id": member,
        }
        if rng.random() < 0.3:
            test["version"] = rng.randint(1, 3)
        return test | {"sent_at": text(self.now)}

    def _change(self) -> Document | None:
        rng = self.rng
        self.changed = self.now
        if rng.random() < 0.1:
            switch = {"kind": "message_centre", "code": "message-centre", "coupon_arrival": rng.random() < 0.5}
            return self._saved(switch)
        if rng.random() < 0.1:
            coupon = rng.choice(sorted(COUPONS))
            value = rng.choice([COUPONS[coupon], 100, 450])
            return self._saved({"kind": "coupon", "code": coupon, "name": coupon, "value": value, "currency": "GBP"})
        code = rng.choice(sorted(self.newest))
        change = rng.choices(["save", "pause", "resume", "archive"], [6, 3, 3, 1])[0]
        if change != "save":
            return {
                "type": "change",
                "change": change,
                "kind": "activity",
                "code": code,
                "saved_at": text(self.now),
                "saved_by": "eva",
            }
        document = self.activities.adjusted(self.newest[code], self.now)
        self.newest[code] = document
        return self._saved(document)

    def _saved(self, document: Document) -> Document:
        change = {
            "type": "change",
            "change": "save",
            "kind": document["kind"],
            "code": document["code"],
            "saved_at": text(self.now),
        }
        if self.rng.random() < 0.1:
            change["version"] = self.rng.randint(1, 4)
        return change | {"saved_by": "eva", "document": copy.deepcopy(document)}
