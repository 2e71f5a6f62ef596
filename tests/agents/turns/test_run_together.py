"""What comes of many members of a run who are seen to together is what comes of each by himself (agents/turns/together.py)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.turns import run_pass
from agents.turns.run_pass import RunPass
from rules.definitions.saved import Saved
from rules.happened import Grant
from rules.rulebook.rulebook import Rulebook
from rules.times import epoch_ms
from streams.topics import MEMBERS, NOTIFICATIONS, REFUSALS, RELEASES
from tables.layout import member_id_of
from tests.agents.turns.seen_together import kept_together, throw_half_way
from tests.folding import Folding
from tests.thorough import seeds

Document = dict[str, Any]
NOON = datetime(2024, 1, 10, 12, tzinfo=UTC)
PROGRAM: Document = {"kind": "program", "code": "classic", "name": "C", "currency": "GBP", "timezone": "Europe/London"}
COUPON: Document = {"kind": "coupon", "code": "tea", "name": "T", "value": 100, "currency": "GBP"}
GIFTS: list[Document] = [
    {"kind": "points", "points": 5},
    {"kind": "coupon", "coupon": "tea", "quantity": 2, "validity": {"days": 7}},
    {"kind": "coupon", "coupon": "tea", "quantity": 1, "release": "hourly"},
    {"kind": "coupon", "coupon": "tea", "quantity": 1, "claim": "member", "release": "daily"},
    {"kind": "coupon", "coupon": "tea", "quantity": 1, "claim": "member"},
]
SEGMENTS: list[Any] = [
    "all",
    {"days_since_last_order": {"at_least": 2}},
    {"not": {"channel": "online"}},
    {"orders": {"below": 3}},
    {"tag": "vip"},
]
OUTPUTS = ("gifts", RELEASES, REFUSALS, NOTIFICATIONS)


def definitions(rng: random.Random) -> list[Saved]:
    """Some bulks; of one of them perhaps a pause in its run, and its end."""
    saved = [Saved(kind=each["kind"], code=each["code"], version=1, saved_at_ms=0, document=each) for each in (PROGRAM, COUPON)]
    for code in "abc"[: rng.randint(1, 3)]:
        document: Document = {"kind": "activity", "type": "bulk", "code": code, "name": code, "segment": rng.choice(SEGMENTS)}
        document["gifts"] = rng.sample(GIFTS, rng.randint(1, 3)) if rng.random() < 0.5 else GIFTS[:1]
        document["schedule"] = rng.choice([{"every": "day", "at": "12:00"}, {"at": NOON.isoformat()}])
        if rng.random() < 0.4:
            document["limits"] = rng.choice([{"per_member": 1}, {"total": 3}])
        if rng.random() < 0.3:
            document["notify"] = {"mini_programs": ["main"], "message": "come"}
        saved.append(Saved(kind="activity", code=code, version=1, saved_at_ms=0, document=document))
    if rng.random() < 0.4:
        paused = epoch_ms(NOON) - rng.choice([3_000, 8_000, -4_000])
        saved.append(Saved(kind="activity", code="a", version=2, saved_at_ms=paused, change="pause", document={}))
        change: Any = rng.choice(["resume", "archive"])
        saved.append(Saved(kind="activity", code="a", version=3, saved_at_ms=paused + 30_000, change=change, document={}))
    return saved


def play(seed: int, figures: bool) -> tuple[dict[str, bytes], dict[str, list[str]], list[Document]]:
    """Members at rest, what was put out by topic, and the figures, of a random life."""
    rng = random.Random(f"together {seed}")
    folding = Folding([], figures=figures)
    folding.rulebook = Rulebook(enumerate(definitions(rng)))
    (table,), passes = folding.tables, RunPass()
    members = [f"m{number}/%" for number in range(rng.randint(5, 40))]

    def order(time: datetime, number: str) -> None:
        document = {"type": "purchase", "order_id": number, "channel": rng.choice(["pos", "online"]), "store_id": "s"}
        document |= {"member_id": rng.choice(members), "placed_at": time.isoformat(), "currency": "GBP"}
        lines = [{"sku": "x", "quantity": 1, "amount": 100}]
        folding.take(document | {"lines": lines, "total": 100}, now_ms=epoch_ms(time))

    granted: list[Grant] = []
    begun = NOON - timedelta(days=3)
    for member_id in members:
        profile = {"tags": rng.choice([[], ["vip"]]), "mini_programs": {"main": f"user of {member_id}"}}
        folding.take({"type": "member", "member_id": member_id, **profile}, topic=MEMBERS, now_ms=epoch_ms(begun))
    for number in range(40):
        order(begun + timedelta(hours=number), f"before-{number}")
    folding.turn()
    for step in range(rng.randint(20, 60)):
        # The first may come late: as of the start all the same.
        now = NOON + timedelta(seconds=step * rng.choice([1, 2, 2_000]))
        if rng.random() < 0.3:
            order(now, f"while-{step}")
        folding.turn()
        table.clock.reach(epoch_ms(now))
        turn = folding.begin(table)
        if passes.due(turn):
            passes.step(turn, rng.randint(1, 20))
        granted += turn.granted
        folding.seal(table, turn)
        if rng.random() < 0.1:
            passes = RunPass()
    folding.see_to_all(epoch_ms(NOON + timedelta(days=3)))
    # Who was touched once more in his turn was written again: the last holds, as whoever recovers reads it.
    at_rest = {
        member_id: record.value for record in folding.committed if (member_id := member_id_of(record.key or b"")) is not None
    }
    assert at_rest == table.members
    put_out = {topic: sorted(map(str, folding.values(topic))) for topic in OUTPUTS}
    # Those of a pass that no keeper has decided are counted once, too.
    put_out["counted"] = sorted(each.grant_id for each in granted)
    return dict(table.members), put_out, folding.performance() if figures else []


@pytest.mark.parametrize("seed", seeds(24, quick=4))
def test_random_lives_come_out_as_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    together = play(seed, figures=seed % 2 == 0)
    monkeypatch.setattr(run_pass, "the_one_due", lambda turn: None)
    assert together == play(seed, figures=seed % 2 == 0)


def test_many_are_seen_to_together(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = kept_together(monkeypatch, run_pass)
    assert sum(len(play(seed, figures=False)[1]["gifts"]) for seed in range(6)) > 0
    assert max(reached) > 5


@pytest.mark.parametrize("seed", seeds(6, quick=2))
def test_where_what_many_put_out_throws_half_way_each_is_seen_to_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = play(seed, figures=True)
    throw_half_way(monkeypatch)
    assert play(seed, figures=True) == expected
