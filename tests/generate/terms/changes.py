"""What a program becomes by a change: of its levels, its standard, its settings, and of what counts."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from .programs import EXTENSIONS, PERIODS, SPANS, ZONES, Document

_DAY = timedelta(days=1)


class Changes:
    """`mostly`: what is changed in most of them, or nothing. `next_number`: of a level that is added."""

    def __init__(self, rng: random.Random, mostly: str, next_number: Callable[[], int]) -> None:
        self._rng = rng
        self._mostly = mostly
        self._next_number = next_number

    def changed(self, program: Document, now: datetime) -> Document:
        rng = self._rng
        found = copy.deepcopy(program)
        levels = found["levels"]
        for _ in range(rng.choice([1, 1, 2])):
            what = rng.choice(
                ["threshold", "enabled", "delete", "add", "order", "off", "off", "setting", "name", "standard", "counting", "zone"]
                + [self._mostly] * 5
            )
            level = rng.choice(levels)
            if what == "threshold" and "threshold" in level:
                level["threshold"] = rng.choice([50, 90, 100, 120, 150, 200, 300, 450, 500, 700])
            elif what == "enabled":
                level["enabled"] = not level.get("enabled", True)
            elif what == "delete" and len(levels) > 2:
                levels.remove(level)
            elif what == "add":
                number = self._next_number()
                added = {"code": f"l{number}", "name": "l", "threshold": rng.choice([80, 160, 250, 400]), "lock_in_amount": 50}
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
            elif what == "zone":
                found["timezone"] = rng.choice([zone for zone in ZONES if zone != found["timezone"]])
            elif what == "counting":
                self._change_counting(found, now)
            else:
                found["name"] = f"name {now.isoformat()}"
        if not any(level.get("enabled", True) for level in levels):
            levels[0]["enabled"] = True
        codes = {level["code"] for level in levels}
        for level in levels:
            if "prices" in level and not codes.issuperset(level["prices"]):
                del level["prices"]
        return found

    def _change_standard(self, program: Document) -> None:
        rng = self._rng
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

    def _change_counting(self, program: Document, now: datetime) -> None:
        """Which documents count: `active_from`, at a midnight or in the middle of a day, and `include_imported`."""
        rng, standard = self._rng, program.get("standard", {})
        if standard.get("window") == "history" and rng.random() < 0.5:
            standard["include_imported"] = not standard.get("include_imported", False)
        elif "active_from" in program and rng.random() < 0.4:
            del program["active_from"]
        else:
            active = now + rng.choice([-30, -12, -5, -1, 0, 1, 5]) * _DAY
            if rng.random() < 0.7:
                active = active.replace(hour=0, minute=0, second=0)
            program["active_from"] = active.isoformat()

    def _change_setting(self, program: Document) -> None:
        rng = self._rng
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
