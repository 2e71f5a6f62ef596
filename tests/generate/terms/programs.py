"""A program of any standard, as it is at first."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

Document = dict[str, Any]

# So long ago that no life reaches beyond today, when documents are of times to come.
START = datetime(2015, 11, 20, 12, tzinfo=UTC)
ZONES = ["UTC", "Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Tokyo"]
SPANS = [{"days": 5}, {"days": 30}, {"days": 60}, {"years": 1}]
PERIODS = [{"days": 7}, {"days": 30}, {"days": 90}, {"months": 1}, {"months": 3}]
EXTENSIONS = [{"days": 10}, {"months": 1}, {"days": 300}, {"years": 1}]
_ACTIVE_AFTER = timedelta(days=20)


def program(rng: random.Random, code: str, *, default: bool) -> Document:
    zone = rng.choice(ZONES)
    found: Document = {"kind": "program", "code": code, "name": code, "timezone": zone, "currency": "GBP", "default": default}
    window = rng.choice(["each", "history", "since_upgrade", "period", "each", "since_upgrade", "period"])
    if window == "each":
        found["standard"] = {"mode": "each"}
    else:
        found["standard"] = {"mode": "total", "window": window}
    if window == "period":
        found["standard"]["period"] = rng.choice(PERIODS)
    if window == "history" and rng.random() < 0.3:
        found["standard"]["include_imported"] = True
    limited = window != "history" and rng.random() < 0.8
    if limited:
        found["validity"] = rng.choice(SPANS)
    if window != "history" and rng.random() < 0.6:
        found["spending_downgrade"] = True
    if limited and rng.random() < 0.5:
        found["lock_in"] = {"by": rng.choice(["single_order", "period_total"]), "extend": rng.choice(EXTENSIONS)}
    if rng.random() < 0.2:
        found["measure"] = "points"
    if rng.random() < 0.1:
        found["active_from"] = (START + _ACTIVE_AFTER).isoformat()
    found["levels"] = _levels(rng, "lock_in" in found)
    if any("prices" in level for level in found["levels"]):
        found["paid"] = {"pricing": "per_level"}
    return found


def _levels(rng: random.Random, locked: bool) -> list[Document]:
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
