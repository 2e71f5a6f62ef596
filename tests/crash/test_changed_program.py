"""A changed program is brought to everybody by workers that are killed in the middle of it (spec 3.6)."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from rules.times import epoch_ms, iso, moment
from streams.topics import BENEFITS, GIFTS, LEVELS
from tests.crash.pipeline import NAMED, Pipeline, exit_code, until
from tests.crash.state import recovered
from tests.crash.test_new_version import HOLDS_AFTER_MS, ordered, saved_at_ms
from tests.generate import write_definitions
from tests.oracle.examples import program, upgrade

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_OF_EACH = 150
_VOUCHER = {"kind": "cash_voucher", "code": "voucher", "name": "5 off", "amount": 500}


@pytest.fixture
def pipeline(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    made = Pipeline(kafka.bootstrap, prefix, tmp_path, [program(10_000), upgrade("classic/*")], 1)
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete(made.topic_names())


def test_it_reaches_everybody_once_and_after_what_came_before_it(pipeline: Pipeline, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    idle, waits, never, held = ([f"{kind}{number}" for number in range(_OF_EACH)] for kind in ("idle", "waits", "never", "held"))
    spent = dict.fromkeys(idle, 6_000) | dict.fromkeys(waits, 4_900) | dict.fromkeys(never, 100) | dict.fromkeys(held, 20_000)
    yesterday = (now - timedelta(days=1)).isoformat()
    pipeline.produce([ordered("o", yesterday, amount, member_id) for member_id, amount in spent.items()])
    worker = pipeline.wide_worker()
    pipeline.wait_folded()
    worker.signal(signal.SIGTERM)
    assert exit_code(worker) == 0

    # Nobody works while it is published. What comes meanwhile comes before it holds, whenever it is folded.
    pipeline.produce([ordered("waited", now.isoformat(), 200, member_id) for member_id in waits])
    changed = program(5_000)
    changed["levels"][0]["benefits"] = [_VOUCHER]
    write_definitions(tmp_path / "changed", [changed])
    pipeline.tidemark("publish", str(tmp_path / "changed"))
    since = iso(moment(asyncio.run(saved_at_ms(pipeline))["classic"] + HOLDS_AFTER_MS))

    # The first folds what waited, and is killed; so are others, in the middle of judging those whom nothing touches any more.
    observer = pipeline.observer
    worker = pipeline.worker(**NAMED)
    pipeline.wait_folded()
    worker.kill()
    for step in ("commit.before", "commit.after"):
        assert exit_code(pipeline.worker("--kill-at", f"{step}:5", **NAMED)) == -signal.SIGKILL
    observer.look_to_end()
    judged = {each.event_id for each in observer.published if each.topic == LEVELS and b'"rule"' in each.value}
    assert len(judged) < len(idle) + len(waits)

    pipeline.worker(**NAMED)
    until(lambda: observer.turns_done() and observer.heads[0].judged_ref >= 0, "everybody is judged")
    pipeline.wait_folded()
    changes = {each.event_id: each.value for each in observer.published if each.topic == LEVELS}
    found = sorted((each["member_id"], each["level"], each["why"], each["since"]) for each in map(json.loads, changes.values()))
    by_rule = [change for change in found if change[2] == "rule"]
    assert by_rule == sorted((member_id, "one", "rule", since) for member_id in (*idle, *waits))
    # Twice only byte for byte.
    granted = (*idle, *waits, *held)
    assert len({each.value for each in observer.published if each.topic == GIFTS}) == len(granted)
    assert {each["member_id"] for each in observer.values(GIFTS)} == set(granted)
    # The benefit that the change has added: to those who gained the level by it, and to those who held it (spec 3.8).
    issued = {each.value for each in observer.published if each.topic == BENEFITS}
    assert sorted(json.loads(value)["issue_id"] for value in issued) == sorted(
        [f"classic/one/voucher/{member_id}/upgrade-1" for member_id in (*idle, *waits)]
        + [f"classic/one/voucher/{member_id}/added-2" for member_id in held]
    )
    assert len({json.loads(value)["code"] for value in issued}) == len(granted)
    levels = asyncio.run(recovered(pipeline.bootstrap, pipeline.prefix, 1)).members
    assert {member_id: member.memberships[0].level for member_id, member in levels.items()} == (
        dict.fromkeys(granted, "one") | dict.fromkeys(never, None)
    )
    pipeline.assert_in_order()


def test_scheduled_it_reaches_those_who_were_there_at_the_set_time_once(pipeline: Pipeline, tmp_path: Path) -> None:
    idle, held, short, never = ([f"{kind}{number}" for number in range(_OF_EACH)] for kind in ("idle", "held", "short", "never"))
    # Who came last is judged first.
    spent = dict.fromkeys(never, 100) | dict.fromkeys(short, 4_900) | dict.fromkeys(held, 20_000) | dict.fromkeys(idle, 6_000)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    pipeline.produce([ordered("o", yesterday, amount, member_id) for member_id, amount in spent.items()])
    few_at_once = {"SEEN_TO": "4", **NAMED}
    worker = pipeline.worker(**few_at_once)
    pipeline.wait_folded()

    changed = program(5_000)
    changed["levels"][0]["benefits"] = [_VOUCHER]
    write_definitions(tmp_path / "changed", [changed])
    # All workers know a version 10 s after it was saved, and no sooner is it for anybody.
    set_time = (datetime.now(UTC) + timedelta(seconds=15)).replace(microsecond=0)
    pipeline.tidemark("publish", str(tmp_path / "changed"), "--existing-at", set_time.isoformat())
    until(lambda: "definitions_changed" in pipeline.log(worker), "the worker has heard of it")
    # Who is registered from then on is under it at once; an order of one who was there changes nothing.
    new = [f"new{number}" for number in range(_OF_EACH)]
    pipeline.produce([ordered("o", datetime.now(UTC).isoformat(), 6_000, member_id) for member_id in new])
    pipeline.produce([ordered("next", yesterday, 1, member_id) for member_id in idle[:20]])
    pipeline.wait_folded()

    # Killed at the set time, when the first was judged; and so are the next two, one of them with orders to fold, unless all are by then.
    observer = pipeline.observer

    def judged() -> int:
        observer.look()
        return len({each.event_id for each in observer.published if each.topic == LEVELS and b'"rule"' in each.value})

    set_ms = epoch_ms(set_time)

    def all_judged() -> bool:
        observer.look()
        return observer.heads[0].judged_set_ms == set_ms

    until(lambda: judged() > 0, "the first is judged")
    worker.kill()
    for step in ("commit.before", "commit.after"):
        dying = pipeline.worker("--kill-at", f"{step}:5", **few_at_once)
        until(lambda running=dying.is_running: not running() or all_judged(), "it is killed, or has judged all")
        dying.kill()
        pipeline.produce([ordered(f"short of {step}", set_time.isoformat(), 60, member_id) for member_id in short])

    pipeline.worker(**NAMED)
    pipeline.wait_folded()
    until(all_judged, "everybody is judged")
    pipeline.wait_folded()
    changes = {each.event_id: each.value for each in observer.published if each.topic == LEVELS}
    found = sorted((each["member_id"], each["level"], each["why"]) for each in map(json.loads, changes.values()))
    by_order = sorted((member_id, "one", "order") for member_id in (*held, *new, *short))
    assert found == sorted([*by_order, *((member_id, "one", "rule") for member_id in idle)])
    assert {each["since"] for each in map(json.loads, changes.values()) if each["why"] == "rule"} == {iso(set_time)}
    granted = (*idle, *held, *new, *short)
    assert len({each.value for each in observer.published if each.topic == GIFTS}) == len(granted)
    assert {each["member_id"] for each in observer.values(GIFTS)} == set(granted)
    issued = {each.value for each in observer.published if each.topic == BENEFITS}
    assert sorted(json.loads(value)["issue_id"] for value in issued) == sorted(
        [f"classic/one/voucher/{member_id}/upgrade-1" for member_id in (*idle, *new, *short)]
        + [f"classic/one/voucher/{member_id}/added-2" for member_id in held]
    )
    # Nobody is left under the rules of before: those, too, whom the new ones changed nothing for.
    pipeline.produce([ordered("at last", set_time.isoformat(), 4_900, member_id) for member_id in never])
    pipeline.wait_folded()
    members = asyncio.run(recovered(pipeline.bootstrap, pipeline.prefix, 1)).members
    assert {member_id: member.memberships[0].level for member_id, member in members.items()} == (
        dict.fromkeys((*granted, *never), "one")
    )
    pipeline.assert_in_order()
