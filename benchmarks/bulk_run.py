"""A run of a bulk over a million members in this process, without a broker: python -m benchmarks.bulk_run [members]

What it takes of one core to look at each, and to make the grants of those who are in the segment, as turns that could be committed.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Mapping

from agents.turns.error_limit import ErrorLimit
from agents.turns.run_pass import RunPass
from agents.turns.turn import Turn
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.state import MINUTE_MS, ONLINE, PURCHASE, Member, Membership, Profile, Seldom
from tables.member.record import encode_member
from tables.partition import PartitionTable
from tidemark.settings.settings import Settings

_MEMBERS = 1_000_000
_START_MS = 1_767_261_600_000
_DAY_MS = 86_400_000
_AT = "2026-01-01T10:00:00+00:00"
# By what is printed of each.
_SEGMENTS: Mapping[str, object] = {
    "none of them, by orders": {"orders": {"at_least": 1_000}},
    "none of them, by tag": {"tag": "vip"},
    "one in a hundred, away for 60 days": {"all": [{"days_since_last_order": {"at_least": 60}}, {"channel": "online"}]},
    "all": "all",
}


def main() -> None:
    """Prints members a second of one core's time, by segment."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _MEMBERS
    # As in a worker.
    gc.freeze()
    gc.disable()
    print(f"{'segment':40} {'members':>10} {'grants':>10} {'CPU s':>8} {'members/s':>12}")
    for name, segment in _SEGMENTS.items():
        grants, seconds = _run(segment, count)
        print(f"{name:40} {count:>10,} {grants:>10,} {seconds:>8.2f} {count / seconds:>12,.0f}", flush=True)


def _run(segment: object, count: int) -> tuple[int, float]:
    """How many grants a run of so many members makes, and the CPU seconds that it takes."""
    settings = Settings()
    rulebook, folding = _rulebook(segment), settings.folding()
    table = PartitionTable(0, {}, settings.keep_orders_ms())
    table.members = {f"member-{number}": _member(number) for number in range(count)}
    table.clock.reach(_START_MS)
    run_pass, errors, grants = RunPass(), ErrorLimit(), 0
    begun = time.process_time()
    while run_pass.due(turn := Turn(table, rulebook, folding, errors)):
        run_pass.step(turn, folding.seen_to)
        grants += sum(len(entries) for entries in turn.outputs.by_topic.values())
        table.seal({}, table.head.turn + 1, turn.outputs.by_topic)
    return grants, time.process_time() - begun


def _rulebook(segment: object) -> Rulebook:
    documents: list[dict[str, object]] = [
        {"kind": "program", "code": "classic", "name": "Classic", "currency": "GBP", "timezone": "Europe/London"},
        {"kind": "activity", "type": "bulk", "code": "b", "name": "B", "segment": segment, "schedule": {"at": _AT},
         "gifts": [{"kind": "points", "points": 5}]},
    ]  # fmt: skip
    return Rulebook(
        (ref, Saved(kind=str(each["kind"]), code=str(each["code"]), version=1, saved_at_ms=0, document=each))
        for ref, each in enumerate(documents)
    )


def _member(number: int) -> bytes:
    """One of whom some things are known; every hundredth is away."""
    profile = Profile(name=f"Member {number}", birthday="1990-03-08", tags=["tea", "news"])
    member = Member(
        memberships=[Membership("classic", 0, 0, 12_345, "silver", 0)],
        progress={7: 4_500, 9: 12_000},
        granted={7: 3},
        rest=Seldom(profile=profile, registered_ms=_START_MS - 400 * _DAY_MS),
        bought=PURCHASE | ONLINE,
        last_bought_min=(_START_MS - (90 if number % 100 == 0 else 5) * _DAY_MS) // MINUTE_MS,
    )
    return encode_member(member)


if __name__ == "__main__":
    main()
