"""Lives of a dozen activities: orders, late ones, refunds, claims, test sends and changes, so that all of spec 2 meets in each."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.oracle.campaigns import play

Document = dict[str, Any]

START = datetime(2023, 2, 20, 7, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
PAUSES = [timedelta(0), SECOND, 5 * SECOND, 30 * SECOND, HOUR / 2, HOUR, 3 * HOUR, 9 * HOUR, DAY, 3 * DAY]
DELAYS = [*[timedelta(0)] * 10, SECOND, HOUR, DAY, 6 * DAY, 34 * DAY, 36 * DAY]
ZONES = [None, None, "America/New_York", "Asia/Kolkata", "Europe/London"]
SKUS, STORES, TAGS = ["x", "y", "z"], ["s1", "s2", "s3"], ["vip", "tea"]
COUPONS = {"cup": 300, "mug": 500, "hat": 1200}
LEVELS = [("silver", 1_000), ("gold", 2_500), ("jet", 6_000)]


def campaign(seed: int, lines: int = 60, members: int = 4) -> tuple[list[Document], list[Document]]:
    """Definitions, and the documents in their order."""
    return _Campaign(random.Random(f"campaign {seed}"), members).lived(lines)


def text(time: datetime) -> str:
    return time.isoformat()


class _Campaign:
    def __init__(self, rng: random.Random, members: int) -> None:
        self.rng = rng
        self.now = START
        self.members = ["7/%", *(f"m{number}" for number in range(1, members))]
        self.orders: list[Document] = []
        self.sent: list[Document] = []
        self.number = 0
        # In every other life members are merged and deleted.
        self.people_change = rng.random() < 0.5
        self.newest: dict[str, Document] = {}  # by code, the activities as they were last saved

    def lived(self, lines: int) -> tuple[list[Document], list[Document]]:
        definitions = self._around() + self._activities()
        timed = [(self.now, self._profile(member)) for member in self.members if self.rng.random() < 0.5]
        while len(timed) < lines:
            self.now += self.rng.choice(PAUSES)
            timed.append((self.now, self._document()))
        without = play([document for _, document in timed], definitions)
        grants = [(grant.grant_id, grant.member_id, len(grant.gifts)) for grant in without.grants.values()]
        for grant_id, member_id, gifts in self.rng.sample(grants, min(len(grants), lines // 5)):
            place = self.rng.randrange(len(timed))
            at = timed[place][0] + self.rng.choice([timedelta(0), timedelta(0), SECOND, -HOUR])
            claim = {"type": "claim", "member_id": member_id, "grant_id": grant_id, "gift": self.rng.randint(1, gifts)}
            timed.insert(place + 1, (timed[place][0], claim | {"claimed_at": text(at)}))
        return definitions, [document for _, document in timed]

    def _around(self) -> list[Document]:
        levels = [{"code": code, "name": code, "threshold": threshold} for code, threshold in LEVELS]
        zone = self.rng.choice(["Europe/London", "America/New_York", "UTC"])
        saved = {"any": [{"tag": "vip"}, {"orders": {"at_least": 2}}]}
        return [
            {
                "kind": "program",
                "code": "classic",
                "name": "C",
                "timezone": zone,
                "currency": "GBP",
                "default": True,
                "levels": levels,
            },
            {"kind": "program", "code": "other", "name": "O", "timezone": "UTC", "currency": "GBP", "levels": levels[:1]},
            *({"kind": "coupon", "code": code, "name": code, "value": value, "currency": "GBP"} for code, value in COUPONS.items()),
            {"kind": "organization", "code": "north", "name": "N", "stores": ["s1", "s2"]},
            {"kind": "message_centre", "code": "message-centre", "coupon_arrival": True},
            {"kind": "segment", "code": "dear", "name": "D", "segment": saved},
        ]

    def _activities(self) -> list[Document]:
        made = [self._spend(f"a{number}") for number in range(self.rng.randint(2, 6))]
        made += [self._tier(f"u{number}") for number in range(self.rng.randint(0, 2))]
        made += [self._bulk(f"b{number}") for number in range(self.rng.randint(0, 3))]
        self.newest = {each["code"]: each for each in made}
        later = [each["code"] for each in made if self.rng.random() < 0.1]
        return [copy.deepcopy(each) for each in made if each["code"] not in later]

    def _common(self, code: str, type_: str) -> Document:
        rng = self.rng
        document: Document = {"kind": "activity", "type": type_, "code": code, "name": code}
        if zone := rng.choice(ZONES):
            document["timezone"] = zone
        if rng.random() < 0.2:
            document["starts_at"] = text(START + rng.randint(0, 5) * DAY)
        if rng.random() < 0.2:
            document["ends_at"] = text(START + rng.randint(6, 30) * DAY - SECOND)
        if rng.random() < 0.15:
            document["programs"] = rng.choice([["classic"], ["other"], ["other", "classic"]])
        if rng.random() < 0.4:
            document["limits"] = self._limits()
        if rng.random() < 0.4:
            document["notify"] = {"mini_programs": rng.choice([["main"], ["main", "side"]]), "message": "hi"}
        if rng.random() < 0.1:
            document["draft"] = True
        return document

    def _limits(self) -> Document:
        rng = self.rng
        all_ = {"per_member": rng.randint(1, 4), "total": rng.randint(1, 9), "budget": rng.choice([400, 900, 3_000])}
        return {name: all_[name] for name in rng.sample(sorted(all_), rng.randint(1, 3))}

    def _gifts(self) -> list[Document]:
        return [self._gift() for _ in range(self.rng.randint(1, 3))]

    def _gift(self) -> Document:
        rng = self.rng
        gift: Document = {"kind": rng.choice(["coupon", "coupon", "points"])}
        if gift["kind"] == "points":
            gift["points"] = rng.randint(1, 50)
        else:
            gift["coupon"] = rng.choice(sorted(COUPONS))
            if rng.random() < 0.5:
                gift["quantity"] = rng.randint(1, 2)
            from_ = START + rng.randint(0, 3) * DAY
            validity = [
                None,
                {"days": rng.randint(1, 9)},
                {"from": text(from_), "to": text(from_ + rng.randint(1, 20) * DAY - SECOND)},
            ]
            if chosen := rng.choice(validity):
                gift["validity"] = chosen
        if release := rng.choice([None, "instant", "hourly", "daily"]):
            gift["release"] = release
        if claim := rng.choice([None, "automatic", "member"]):
            gift["claim"] = claim
        return gift

    def _spend(self, code: str) -> Document:
        rng = self.rng
        document = self._common(code, "cumulative_spend")
        pieces = rng.random() < 0.3
        condition: Document = {
            "items": "any",
            "mode": rng.choice(["every", "every", "once"]),
            "measure": "pieces" if pieces else "amount",
        }
        document["condition"] = condition
        if condition["mode"] == "once" and rng.random() < 0.5:
            first = rng.randint(1, 5) if pieces else rng.choice([100, 400])
            condition["steps"] = [{"threshold": first * factor, "gifts": self._gifts()} for factor in (1, 2, 5)]
        else:
            condition["threshold"] = self._threshold(pieces)
            document["gifts"] = self._gifts()
        if rng.random() < 0.3:
            condition["items"] = "designated"
            document["item_scope"] = {rng.choice(["include", "exclude"]): rng.sample(SKUS, rng.randint(1, 2))}
        if rng.random() < 0.3:
            document["stores"] = rng.choice(
                [{"stores": ["s1"]}, {"organizations": ["north"]}, {"stores": ["s3"], "organizations": ["north"]}]
            )
        if rng.random() < 0.2:
            document["channels"] = [rng.choice(["pos", "online"])]
        if rng.random() < 0.2:
            document["service_types"] = rng.sample(["dine_in", "delivery", "self_pickup"], 2)
        if rng.random() < 0.3:
            document["not_with"] = rng.choice(
                [{"coupons": "all"}, {"coupons": ["cup"]}, {"promotions": ["half"]}, {"assets": ["points"]}]
            )
        return document

    def _threshold(self, pieces: bool) -> int:
        return self.rng.randint(1, 6) if pieces else self.rng.choice([50, 100, 250, 1_000])

    def _tier(self, code: str) -> Document:
        document = self._common(code, "tier_upgrade")
        document["levels"] = self.rng.choice([["classic/*"], ["classic/gold"], ["classic/silver", "other/*"]])
        if self.rng.random() < 0.5:
            document["regain"] = True
        return document | {"gifts": self._gifts()}

    def _bulk(self, code: str) -> Document:
        document = self._common(code, "bulk")
        document["schedule"] = self._schedule(self.rng.choice(["once", "day", "week", "month"]))
        document["segment"] = self._segment()
        return document | {"gifts": self._gifts()}

    def _schedule(self, cycle: str) -> Document:
        rng = self.rng
        if cycle == "once":
            return {"at": text(START + rng.randint(0, 240) * HOUR)}
        clock = f"{rng.choice([0, 1, 2, 9, 10, 23]):02}:{rng.choice(['00', '30'])}"
        schedule: Document = {"every": cycle, "at": clock}
        if cycle == "week":
            schedule["on"] = rng.choice(["monday", "wednesday", "sunday"])
        if cycle == "month":
            schedule["on"] = rng.choice([1, 15, 28, 31])
        return schedule

    def _segment(self, depth: int = 0) -> Any:
        rng = self.rng
        plain: list[Any] = [
            "all",
            {"program": rng.choice(["classic", "other", ["other", "classic"]])},
            {"level": rng.choice(["classic/*", "classic/gold", ["classic/silver", "other/silver"]])},
            {"tag": rng.choice(["vip", TAGS])},
            {"registered": {"since": text(START - DAY)}},
            {"registered": {"before": text(START + 3 * DAY)}},
            {"channel": rng.choice(["online", "pos"])},
            {"birthday_month": rng.choice(["current", 2, [3, 12]])},
            {"spent": rng.choice([{"at_least": 1_000}, {"below": 500}, {"program": "other", "at_least": 1}])},
            {"orders": rng.choice([{"at_least": 2}, {"below": 3}, {"at_least": 1, "below": 4}])},
            {"days_since_last_order": rng.choice([{"at_least": 2}, {"below": 3}])},
            {"members": rng.sample(self.members, 2)},
            {"saved": "dear"},
        ]
        if depth < 2 and rng.random() < 0.3:
            inner = [self._segment(depth + 1) for _ in range(2)]
            return rng.choice([{"all": inner}, {"any": inner}, {"not": inner[0]}])
        return rng.choice(plain)

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

    def _document(self) -> Document:
        rng = self.rng
        kinds = {self._purchase: 50, self._refund: 14, self._claim: 2, self._change: 10, self._test_send: 3, self._again: 4}
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
                lines[0]["quantity"] = rng.randint(0, lines[0]["quantity"])
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
        """Of nothing that was granted, or by somebody else."""
        member, code = self.rng.choice(self.members), self.rng.choice(sorted(self.newest))
        return {"type": "claim", "member_id": member, "grant_id": f"{code}/m1/1", "gift": 1, "claimed_at": text(self.now)}

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
        if rng.random() < 0.1:
            switch = {"kind": "message_centre", "code": "message-centre", "coupon_arrival": rng.random() < 0.5}
            return self._saved(switch)
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
        document = self._adjusted(self.newest[code])
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

    def _adjusted(self, document: Document) -> Document:
        """What may be adjusted, and now and then what may not."""
        rng, document = self.rng, copy.deepcopy(document)
        document.pop("draft", None)
        condition = document.get("condition")
        match rng.randint(0, 6):
            case 0 if condition is not None and "threshold" in condition:
                condition["threshold"] = self._threshold(condition["measure"] == "pieces")
            case 1 if "gifts" in document:
                document["gifts"] = self._gifts()
            case 2:
                document["limits"] = self._limits()
            case 3:
                document["ends_at"] = text(max(self.now, START + 6 * DAY) + rng.randint(0, 20) * DAY)
            case 4 if "schedule" in document:
                document["schedule"] = self._schedule(document["schedule"].get("every", "once"))
            case 5 if "segment" in document:
                document["segment"] = self._segment()
            case 6 if condition is not None and "threshold" in condition and rng.random() < 0.3:
                condition["mode"] = "once" if condition["mode"] == "every" else "every"
            case _:
                document["name"] = f"n{rng.randint(1, 9)}"
        return document
