"""The same in this process, without a broker and without orders: python -m benchmarks.at_once.alone [members] [section…] [--bytecodes]

What it takes of one core, and how many bytes are written and put out for a member; as turns that could be committed. `--bytecodes`: how
many bytecodes and calls of Python a member takes instead, and which functions take most of them; the same in every run (bytecodes.py).
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agents.turns.shard import Sealed, Shard
from benchmarks.at_once import due, recalculation, release, run, terms
from benchmarks.at_once.scenario import Json, Scenario, member_of
from benchmarks.at_once.zone import write_zone
from benchmarks.bytecodes import Counted, table
from benchmarks.places import DEFINITIONS
from broker.client.fetch import Fetched
from broker.client.produce import Identity
from broker.wire.records import Record
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.times import epoch_ms
from streams.topics import AGGREGATE_CHANGELOG, SOURCES
from tables.commit_log import CommitLog
from tables.partition import PartitionTable
from tidemark.definitions.files import load_definitions
from tidemark.settings.settings import Settings

_MEMBERS = 100_000
# Functions.
_SHOWN = 40
_NOT_COUNTED: AbstractContextManager[object] = nullcontext()
SCENARIOS: Mapping[str, Scenario] = {
    "due": due.GIVEN_UP,
    "run": run.ALL_GRANTED,
    "release": release.RELEASED,
    "recalculation": recalculation.CHANGED,
    "terms": terms.ENDED,
}
INSTANT = datetime(2026, 3, 10, 17, tzinfo=UTC)
_FOLDED = timedelta(minutes=30)


def main() -> None:
    """Prints members a second of one core's time, and bytes, by section."""
    parser = argparse.ArgumentParser(description="what is due of many at one instant, without a broker and without orders")
    parser.add_argument("members", nargs="?", type=int, default=_MEMBERS)
    parser.add_argument("sections", nargs="*", metavar="section", help=f"of {', '.join(SCENARIOS)}; none: all")
    parser.add_argument("--bytecodes", action="store_true", help="bytecodes and calls instead of time")
    asked = parser.parse_args()
    # As in a worker.
    gc.freeze()
    gc.disable()
    show = _show_bytecodes if asked.bytecodes else _show_time
    with tempfile.TemporaryDirectory() as folder:
        zoneinfo.reset_tzpath(write_zone(Path(folder), INSTANT)["PYTHONTZPATH"].split(":"))
        for number, name in enumerate(asked.sections or SCENARIOS):
            show(SCENARIOS[name], asked.members, is_first=not number)


def _show_time(scenario: Scenario, members: int, *, is_first: bool) -> None:
    if is_first:
        print(f"{'':40} {'members':>10} {'CPU s':>8} {'members/s':>12} {'us each':>8} {'kept, bytes':>12} {'put out':>8}")
    seconds, kept, put_out = measure(scenario, members)
    each = f"{1e6 * seconds / members:>8.1f} {kept / members:>12,.0f} {put_out / members:>8,.0f}"
    print(f"{scenario.name:40} {members:>10,} {seconds:>8.2f} {members / seconds:>12,.0f} {each}", flush=True)


def _show_bytecodes(scenario: Scenario, members: int, *, is_first: bool) -> None:
    counted = Counted()
    measure(scenario, members, counted)
    total, calls = counted.bytecodes.total() / members, counted.calls.total() / members
    print(f"{scenario.name}: {total:,.0f} bytecodes, {calls:.1f} calls a member")
    for name, found, called in table(counted, rooms=False)[:_SHOWN]:
        print(f"{found / members:8.1f} {called / members:6.2f}  {name}")


def measure(scenario: Scenario, members: int, counting: AbstractContextManager[object] = _NOT_COUNTED) -> tuple[float, int, int]:
    """CPU seconds, and bytes written to the changelog (but for what is put out) and put out. `counting`: around all of it."""
    settings = Settings(partitions=1)
    rulebook, folding = rulebook_of(scenario, settings.keep_orders_ms()), settings.folding()
    many = ready(scenario, rulebook, settings, 0, list(map(member_of, range(members))))
    # A held refund is given up when its days are over.
    many.table.clock.reach(epoch_ms(INSTANT) + 1)
    kept = put_out = told = 0
    begun = time.process_time()
    with counting:
        while (sealed := many.see_to(rulebook, folding, folding.seen_to)) is not None:
            many.published_through = sealed.turn
            outputs = sum(map(len, _outputs(sealed)))
            put_out += outputs
            kept += sum(map(len, sealed.entries)) - outputs
            told += len(sealed.outputs.get(scenario.told_on, ()))
    seconds = time.process_time() - begun
    if told != members:
        raise RuntimeError(f"{scenario.name}: {scenario.told_on} tells of {told:,} members, of {members:,}")
    return seconds, kept, put_out


def ready(scenario: Scenario, rulebook: Rulebook, settings: Settings, partition: int, member_ids: Sequence[str]) -> Shard:
    """A partition of these members, as what makes the first of the scenario's leaves him."""
    one = _shard(settings, 0)
    topic, document = scenario.document(0, INSTANT)
    now_ms = epoch_ms(INSTANT - _FOLDED)
    record = Record(0, now_ms, None, json.dumps(document).encode(), [])
    one.arrive([(topic, Fetched(topic, 0, 0, [record], 1, 1))])
    # There he is in his place, whoever he is.
    one.fold(rulebook, Settings(partitions=1).folding())
    many = _shard(settings, partition)
    many.table.members = dict.fromkeys(member_ids, one.table.members[member_of(0)])
    many.table.load_due()
    many.table.judged, many.table.ran_ms = one.table.judged, now_ms
    return many


def _outputs(sealed: Sealed) -> Iterator[bytes]:
    for entries in sealed.outputs.values():
        yield from entries


def rulebook_of(scenario: Scenario, keep_ms: int) -> Rulebook:
    """The scenario's definitions, and from the instant on those that are changed."""
    own: dict[str, Json] = {each.path.name: each.document for each in load_definitions(DEFINITIONS).documents}
    standing = {**own, **scenario.definitions(INSTANT)}
    saved_ms = epoch_ms(INSTANT - _FOLDED)
    saved = [Saved(kind=each["kind"], code=each["code"], version=1, saved_at_ms=0, document=each) for each in standing.values()]
    for each in scenario.changed(INSTANT).values():
        at_ms = epoch_ms(INSTANT)
        saved.append(
            Saved(kind=each["kind"], code=each["code"], version=2, saved_at_ms=saved_ms, document=each, existing_us=at_ms * 1000)
        )
    rulebook = Rulebook(enumerate(saved), closes_after_ms=keep_ms)
    if rulebook.left_out:
        raise RuntimeError(f"{scenario.name}: left out are {rulebook.left_out}")
    return rulebook


def _shard(settings: Settings, partition: int) -> Shard:
    log = CommitLog(AGGREGATE_CHANGELOG, partition, Identity(1, 0), 0)
    return Shard(PartitionTable(partition, {}, settings.keep_orders_ms()), log, dict.fromkeys(SOURCES, 0))


if __name__ == "__main__":
    main()
