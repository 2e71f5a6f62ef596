"""What comes of many of whom something is due, seen to together, is what comes of each by himself (agents/turns/due_together.py)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.fold.fold import fold
from agents.turns import due_together
from agents.turns.sweep import sweep
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.times import DAY_MS, epoch_ms
from streams.topics import DEAD_LETTERS, GIFTS, LEVELS, MEMBERS, NOTIFICATIONS, REFUSALS, RELEASES
from tables.layout import member_id_of
from tests.agents.turns.seen_together import kept_together, throw_half_way
from tests.folding import Folding
from tests.oracle.examples import order, program, refund, spend, upgrade
from tests.thorough import seeds

Document = dict[str, Any]
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
COUPON: Document = {"kind": "coupon", "code": "mug", "name": "Mug", "value": 500, "currency": "GBP"}
TOLD: Document = {"kind": "message_centre", "code": "message-centre", "coupon_arrival": True}
MEMBERS_MOST = 40
OUTPUTS = (GIFTS, LEVELS, RELEASES, REFUSALS, NOTIFICATIONS, DEAD_LETTERS)


def _gift(rng: random.Random) -> Document:
    gift: Document = {"kind": "coupon", "coupon": "mug", "validity": {"days": rng.choice([1, 7])}}
    return gift | {"release": rng.choice(["hourly", "daily"]), "claim": rng.choice(["automatic", "member"])}


def definitions(rng: random.Random) -> list[Saved]:
    """Levels whose terms end, gifts that wait, and perhaps a program that is changed while they do."""
    classic = program(100, 400, timezone="Europe/London")
    if rng.random() < 0.8:
        mode = rng.choice(["each", "since_upgrade"])
        classic |= {"standard": {"mode": mode}, "validity": {"days": rng.randint(1, 3)}}
    every = spend(threshold=60, timezone="Europe/London", gifts=[_gift(rng) for _ in range(rng.randint(1, 2))])
    if rng.random() < 0.4:
        every["limits"] = rng.choice([{"per_member": 1}, {"total": 5}])
    if rng.random() < 0.5:
        every["notify"] = {"mini_programs": ["main"], "message": "come"}
    listed = [classic, every, upgrade("classic/*", timezone="Europe/London", gifts=[_gift(rng)]), COUPON, TOLD]
    saved = [Saved(kind=each["kind"], code=each["code"], version=1, saved_at_ms=0, document=each) for each in listed]
    if rng.random() < 0.5:
        levels = [dict(level, threshold=level["threshold"] // 2) for level in classic["levels"]]
        at_ms = epoch_ms(START + timedelta(hours=rng.randint(20, 60)))
        saved.append(Saved(kind="program", code="classic", version=2, saved_at_ms=at_ms, document=classic | {"levels": levels}))
    return saved


def turns_of_both(folding: Folding) -> None:
    """Turns of what was taken and of what is due by then, also of those whom the turn has touched."""
    (table,), waiting = folding.tables, folding.waiting(0)
    while waiting:
        turn = folding.begin(table)
        del waiting[: fold(turn, waiting)]
        sweep(turn, 1_000)
        folding.seal(table, turn)


def play(seed: int, figures: bool) -> tuple[dict[str, bytes], dict[str, list[str]], list[Document]]:
    """Members at rest, what was put out by topic, and the figures, of a random life."""
    rng = random.Random(f"due {seed}")
    folding = Folding([], figures=figures, late_ms=2 * DAY_MS, turn_bytes=rng.choice([3_000, 30_000, 2_000_000]))
    folding.rulebook = Rulebook(enumerate(definitions(rng)))
    (table,) = folding.tables
    members = [f"m{number}/%" for number in range(rng.randint(5, MEMBERS_MOST))]
    for member_id in members:
        document = {"type": "member", "member_id": member_id, "mini_programs": {"main": f"user of {member_id}"}}
        folding.take(document, topic=MEMBERS, now_ms=epoch_ms(START))
    now = START
    for step in range(rng.randint(30, 80)):
        # Many at one time, so that what comes of them is due at one.
        if rng.random() < 0.3:
            now += timedelta(minutes=rng.choice([1, 50, 400, 1_500]))
        member_id, amount = rng.choice(members), rng.randint(1, 250)
        if rng.random() < 0.25:
            document = refund(f"r{step}", rng.choice(["never", f"o{rng.randint(0, step)}"]), now.isoformat(), ("x", 1, amount))
        else:
            document = order(f"o{step}", now.isoformat(), ("x", 1, amount))
        folding.take(document | {"member_id": member_id}, now_ms=epoch_ms(now))
        if rng.random() < 0.2:
            turns_of_both(folding)
    turns_of_both(folding)
    for _ in range(rng.randint(1, 4)):
        now += timedelta(hours=rng.randint(1, 60))
        folding.see_to_all(epoch_ms(now))
    at_rest = {
        member_id: record.value for record in folding.committed if (member_id := member_id_of(record.key or b"")) is not None
    }
    # As whoever recovers reads it.
    assert {member_id: value for member_id, value in at_rest.items() if value is not None} == table.members
    put_out = {topic: sorted(map(str, folding.values(topic))) for topic in OUTPUTS}
    return dict(table.members), put_out, folding.performance() if figures else []


def one_by_one(turn: object, member_ids: list[str], reach: object) -> tuple[int, int, list[str]]:
    return len(member_ids), 0, list(member_ids)


@pytest.mark.parametrize("seed", seeds(60, quick=12))
def test_random_lives_come_out_as_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = play(seed, figures=seed % 2 == 0)
    monkeypatch.setattr(due_together, "reach_together", one_by_one)
    assert found == play(seed, figures=seed % 2 == 0)


def test_the_lives_have_all_that_is_due_and_much_of_it_together(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_together(monkeypatch, due_together)
    put_out = [play(seed, figures=False)[1] for seed in range(12)]
    assert all(any(each[topic] for each in put_out) for topic in OUTPUTS)
    why = "".join(change for each in put_out for change in each[LEVELS])
    assert "'why': 'ended'" in why and "'why': 'rule'" in why
    assert max(kept) > 5


@pytest.mark.parametrize("seed", seeds(20, quick=4))
def test_where_what_many_put_out_throws_half_way_each_is_seen_to_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = play(seed, figures=True)
    throw_half_way(monkeypatch)
    assert play(seed, figures=True) == expected
