"""Documents that register members and change their programs (spec 1.7)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from .purchases import time_text
from .world import PROGRAMS, START

Document = dict[str, Any]


def member_documents(rng: random.Random, members: list[str], span: timedelta) -> Iterator[tuple[datetime, Document]]:
    """(arrival, document): a third of the members before or soon after their first order, some of them again."""
    for member_id in rng.sample(members, len(members) // 3):
        arrival = START + span * rng.choice([0, 0, 0.1, rng.random()])
        yield arrival, _member(rng, member_id, arrival, span)
        while rng.random() < 0.15:
            arrival += timedelta(days=rng.uniform(0, 60))
            yield arrival, _member(rng, member_id, arrival, span)


def _member(rng: random.Random, member_id: str, arrival: datetime, span: timedelta) -> Document:
    document: Document = {"type": "member", "member_id": member_id, "name": f"Member {member_id}", "tags": ["vip"]}
    if rng.random() < 0.9:
        codes = rng.choice([PROGRAMS, PROGRAMS, PROGRAMS[:1], PROGRAMS[1:]])
        document["programs"] = [_membership(rng, code, span) for code in codes]
    if rng.random() < 0.6:
        document["registered_at"] = time_text(rng, arrival - timedelta(days=rng.choice([0, 0, 400])))
    return document


def _membership(rng: random.Random, code: str, span: timedelta) -> str | Document:
    kind = rng.random()
    if kind < 0.4:
        return code
    if kind < 0.5:
        return {"program": code}
    since = START + timedelta(days=rng.randrange(-30, round(span / timedelta(days=2))))
    return {"program": code, "since": time_text(rng, since)}
