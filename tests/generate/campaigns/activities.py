"""Activities of every type, what they stand on, and what is adjusted in them later."""

from __future__ import annotations

import copy
import random
from datetime import datetime
from typing import Any

from .values import COUPONS, DAY, HOUR, SECOND, SKUS, START, TAGS, text

Document = dict[str, Any]

ZONES = [None, None, "America/New_York", "Asia/Kolkata", "Europe/London"]
LEVELS = [("silver", 1_000), ("gold", 2_500), ("jet", 6_000)]


class Activities:
    def __init__(self, rng: random.Random, members: list[str]) -> None:
        """`members`: all, those who come later too once they are in it."""
        self.rng = rng
        self.members = members

    def around(self) -> list[Document]:
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

    def new(self) -> tuple[list[Document], list[Document]]:
        """All, and those that there are from the beginning."""
        made = [self._spend(f"a{number}") for number in range(self.rng.randint(2, 6))]
        made += [self._tier(f"u{number}") for number in range(self.rng.randint(0, 2))]
        made += [self._bulk(f"b{number}") for number in range(self.rng.randint(0, 3))]
        later = [each["code"] for each in made if self.rng.random() < 0.1]
        return made, [copy.deepcopy(each) for each in made if each["code"] not in later]

    def of_any_type(self, code: str) -> Document:
        return self.rng.choice([self._spend, self._tier, self._bulk])(code)

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

    def adjusted(self, document: Document, now: datetime) -> Document:
        """What may be adjusted, and now and then what may not."""
        rng, document = self.rng, copy.deepcopy(document)
        document.pop("draft", None)
        condition = document.get("condition")
        match rng.randint(0, 7):
            case 0 if condition is not None and "threshold" in condition:
                condition["threshold"] = self._threshold(condition["measure"] == "pieces")
            case 1 if "gifts" in document:
                document["gifts"] = self._gifts()
            case 2:
                document["limits"] = self._limits()
            case 3:
                document["ends_at"] = text(max(now, START + 6 * DAY) + rng.randint(0, 20) * DAY)
            case 4 if "schedule" in document:
                document["schedule"] = self._schedule(document["schedule"].get("every", "once"))
            case 5 if "segment" in document:
                document["segment"] = self._segment()
            case 6 if condition is not None and "threshold" in condition and rng.random() < 0.3:
                condition["mode"] = "once" if condition["mode"] == "every" else "every"
            case 7 if "steps" in (condition or {}):
                rng.choice(document["condition"]["steps"])["gifts"] = self._gifts()
            case _:
                document["name"] = f"n{rng.randint(1, 9)}"
        return document
