"""Runs of bulks through the fold: as of their start, member by member, each once (spec 2.9, 5)."""

from __future__ import annotations

import copy
import random
from datetime import datetime
from typing import Any

import pytest

from agents.turns.run_pass import RunPass
from rules.bulk.giving import Distribution
from rules.clock import DocumentsClock
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.times import epoch_ms
from streams.topics import MEMBERS, POS_ORDERS, REFUSALS, RELEASES
from tables.member.record import decode_member
from tests.folding import Folding
from tests.generate.campaigns import START, campaign, text
from tests.oracle.campaigns import play
from tests.oracle.campaigns.rows import differences
from tests.oracle.examples import at, order, program
from tests.releases import release_rows
from tests.thorough import seeds

Document = dict[str, Any]
POINTS: Document = {"kind": "points", "points": 5}
BOUGHT = ("x", 1, 100)
TEN = "10:00:00"


def bulk(segment: Any = "all", code: str = "b", **more: Any) -> Document:
    document = {"kind": "activity", "type": "bulk", "code": code, "name": code, "segment": segment, "gifts": [POINTS]}
    return document | {"schedule": {"every": "day", "at": "10:00"}} | more


def ms(day: int, clock: str = "12:00:00") -> int:
    return epoch_ms(datetime.fromisoformat(at(day, clock)))


def version(number: int, saved_ms: int, change: str = "save", document: Document | None = None) -> Saved:
    return Saved(
        kind="activity",
        code="b",
        version=number,
        saved_at_ms=saved_ms,
        change=change,  # type: ignore[arg-type]
        document={} if document is None else document,
    )


class Live:
    """One partition of a worker by the broker's clock."""

    def __init__(self, *chain: Saved, segments: tuple[Document, ...] = ()) -> None:
        self.folding = Folding([])
        self.table = self.folding.tables[0]
        around = [program(100), *segments]
        saved = [Saved(kind=each["kind"], code=each["code"], version=1, saved_at_ms=0, document=each) for each in around]
        self.folding.rulebook = Rulebook(enumerate([*saved, *chain]))
        self.passes = RunPass()

    def order(self, member_id: str, time_ms: int) -> None:
        placed = datetime.fromtimestamp(time_ms / 1000, datetime.fromisoformat(at(1)).tzinfo).isoformat()
        self.folding.take(order(f"{member_id}-{time_ms}", placed, BOUGHT, member_id=member_id), now_ms=time_ms)
        self.folding.turn()

    def pass_by(self, time_ms: int, most: int = 1_000) -> None:
        """Time has come; a turn sees to so many members."""
        self.table.clock.reach(time_ms)
        turn = self.folding.begin(self.table)
        if self.passes.due(turn):
            self.passes.step(turn, most)
        self.folding.seal(self.table, turn)

    def made(self) -> list[str]:
        return sorted(grant["grant_id"] for grant in self.folding.grants())


DAILY = version(1, 0, document=bulk())


def test_a_run_is_of_those_who_were_registered_before_its_start_whoever_comes_while_it_is_under_way() -> None:
    live = Live(DAILY)
    live.order("ann", ms(1, "09:00:00"))
    live.order("bob", ms(1, "09:00:00"))
    live.order("cy", ms(1, TEN))
    live.pass_by(ms(1, TEN), most=1)
    live.order("dora", ms(1, "10:00:01"))
    for _ in range(5):
        live.pass_by(ms(1, "10:00:02"), most=1)
    assert live.made() == ["b/ann/2024-01-01", "b/bob/2024-01-01"]
    live.pass_by(ms(2, TEN))
    assert live.made()[1::2] == ["b/ann/2024-01-02", "b/bob/2024-01-02", "b/dora/2024-01-02"]


def test_the_segment_is_as_it_stood_at_the_start_however_late_the_work_is_done() -> None:
    live = Live(version(1, 0, document=bulk({"orders": {"below": 2}})))
    live.order("ann", ms(1, "09:00:00"))
    live.order("bob", ms(1, "09:00:00"))
    # Down over the run, and the next day's.
    live.order("ann", ms(2, "11:00:00"))
    live.order("bob", ms(1, "11:00:00"))
    live.pass_by(ms(3, "09:00:00"))
    assert live.made() == ["b/ann/2024-01-01", "b/ann/2024-01-02", "b/bob/2024-01-01", "b/bob/2024-01-02"]
    assert {grant["occurred_at"] for grant in live.folding.grants()} == {at(1, TEN), at(2, TEN)}
    live.pass_by(ms(3, TEN))
    assert live.made() == ["b/ann/2024-01-01", "b/ann/2024-01-02", "b/bob/2024-01-01", "b/bob/2024-01-02"]


def test_a_worker_that_dies_in_the_middle_begins_again_and_gives_nobody_twice() -> None:
    live = Live(version(1, 0, document=bulk({"members": ["m1", "m3", "m4", "m7"]})))
    for number in range(8):
        live.order(f"m{number}", ms(1, "09:00:00"))
    live.pass_by(ms(1, TEN), most=2)
    done = len(live.made())
    assert 0 < done < 4
    # Taken over: what was committed is all there is.
    live.passes = RunPass()
    live.order("m1", ms(1, "10:00:05"))
    for _ in range(10):
        live.pass_by(ms(1, "10:00:06"), most=1)
    assert live.made() == [f"b/m{number}/2024-01-01" for number in (1, 3, 4, 7)]
    assert live.table.ran_ms == ms(1, "10:00:06")


def test_whom_nothing_comes_of_is_not_written() -> None:
    live = Live(version(1, 0, document=bulk({"members": "nobody"})))
    live.order("ann", ms(1, "09:00:00"))
    before = live.table.members["ann"]
    live.pass_by(ms(1, TEN))
    assert live.table.members["ann"] is before
    assert live.table.head.ran_ms == live.table.ran_ms == ms(1, TEN)


def test_a_pause_stops_a_run_that_is_under_way_until_it_is_resumed() -> None:
    live = Live(DAILY, version(2, ms(1, TEN), "pause"), version(3, ms(2, "09:00:00"), "resume"))
    for member_id in ("ann", "bob", "cy"):
        live.order(member_id, ms(1, "09:00:00"))
    live.pass_by(ms(1, TEN), most=1)
    first = live.made()
    assert len(first) == 1
    # Paused from ten seconds after; an order changes nothing of who is in it.
    live.order("ann", ms(1, "10:00:10"))
    for _ in range(5):
        live.pass_by(ms(1, "10:00:20"), most=1)
    assert live.made() == first
    live.pass_by(ms(2, "09:00:11"))
    assert live.made() == [f"b/{member_id}/2024-01-01" for member_id in ("ann", "bob", "cy")]
    later = [grant for grant in live.folding.grants() if grant["grant_id"] not in first]
    assert {(grant["occurred_at"], grant["released_at"]) for grant in later} == {(at(1, TEN), at(2, "09:00:10"))}
    live.pass_by(ms(2, TEN))
    assert len(live.made()) == 6


def test_what_a_pause_holds_falls_away_with_an_archive() -> None:
    live = Live(DAILY, version(2, ms(1, "09:59:55"), "pause"), version(3, ms(1, "12:00:00"), "archive"))
    live.order("ann", ms(1, "09:00:00"))
    live.pass_by(ms(1, "10:00:10"))
    member = decode_member(live.table.members["ann"])
    assert [held.period for held in member.seldom.held_runs] == ["2024-01-01"]
    live.pass_by(ms(1, "12:00:10"))
    assert live.made() == []
    assert decode_member(live.table.members["ann"]).seldom.held_runs == []


def test_a_run_due_in_a_pause_is_skipped() -> None:
    live = Live(DAILY, version(2, ms(1, "09:59:50"), "pause"), version(3, ms(1, "12:00:00"), "resume"))
    live.order("ann", ms(1, "09:00:00"))
    live.pass_by(ms(1, "13:00:00"))
    live.pass_by(ms(2, TEN))
    assert live.made() == ["b/ann/2024-01-02"]


def test_a_saved_segment_is_asked_as_it_stands_at_the_start() -> None:
    dear = {"kind": "segment", "code": "dear", "name": "D", "segment": {"members": ["ann"]}}
    live = Live(version(1, 0, document=bulk({"saved": "dear"})), segments=(dear,))
    changed = Saved(
        kind="segment", code="dear", version=2, saved_at_ms=ms(1, TEN), document=dear | {"segment": {"not": {"saved": "dear"}}}
    )
    saved = [(ref, each) for ref, each in enumerate([*_all(live), changed])]
    live.folding.rulebook = Rulebook(saved)
    live.order("ann", ms(1, "09:00:00"))
    live.order("bob", ms(1, "09:00:00"))
    live.pass_by(ms(2, TEN))
    # The second leads back to itself: nobody is in what it names.
    assert live.made() == ["b/ann/2024-01-01", "b/ann/2024-01-02", "b/bob/2024-01-02"]


def _all(live: Live) -> list[Saved]:
    return [each.saved for chain in live.folding.rulebook.chains() for each in chain.versions]


def test_one_on_whom_it_throws_keeps_nobody_from_the_others_and_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    live = Live(DAILY)
    for member_id in ("ann", "bob", "cy"):
        live.order(member_id, ms(1, "09:00:00"))
    throws = True

    def reach(*args: Any) -> bool:
        if throws and args[1] == "bob":
            raise RuntimeError("a bug")
        return real(*args)

    real = Distribution.reach
    monkeypatch.setattr(Distribution, "reach", reach)
    for _ in range(3):
        live.pass_by(ms(1, TEN))
    assert live.made() == ["b/ann/2024-01-01", "b/cy/2024-01-01"]
    # Who takes over, with the bug mended, makes it.
    throws, live.passes = False, RunPass()
    live.pass_by(ms(1, "11:00:00"))
    assert live.made() == [f"b/{member_id}/2024-01-01" for member_id in ("ann", "bob", "cy")]


def test_runs_of_one_instant_are_made_by_code() -> None:
    folding = Folding([program(100), bulk(code="z"), bulk(code="a"), bulk(code="m")], DocumentsClock())
    folding.take(order("a", at(1, "09:00:00"), BOUGHT))
    folding.take(order("b", at(1, TEN), BOUGHT))
    folding.turn()
    assert [grant["activity"] for grant in folding.grants()] == ["a", "m", "z"]


def test_nothing_has_started_before_the_first_time_of_a_replay() -> None:
    folding = Folding([program(100), bulk(), bulk(code="c", schedule={"at": at(1)})], DocumentsClock())
    folding.take({"type": "member", "member_id": "ann"}, topic=MEMBERS)
    folding.take(order("a", at(5, "09:00:00"), BOUGHT, member_id="bob"))
    folding.turn()
    folding.end()
    assert sorted(grant["grant_id"] for grant in folding.grants()) == ["b/ann/2024-01-05", "b/bob/2024-01-05"]


def test_a_document_that_is_as_late_as_may_be_comes_after_the_runs_that_it_passes() -> None:
    limited = bulk(schedule={"at": at(20)}, limits={"total": 1})
    folding = Folding([program(100), limited], DocumentsClock())
    folding.take(order("a", at(1), BOUGHT))
    folding.take(order("b", at(1), BOUGHT, member_id="bob"))
    # Received just the 35 days after it: it is bob's, and a run is made in the order of the members' ids (spec 2.10).
    folding.take(order("c", at(1), BOUGHT, member_id="bob", received_at=at(36)))
    folding.turn()
    assert folding.reasons() == []
    assert [grant["grant_id"] for grant in folding.grants()] == ["b/ann/once"]


def sound(document: Document) -> Document:
    """None ends before it starts."""
    found = copy.deepcopy(document)
    if found.get("ends_at", "~") < found.get("starts_at", ""):
        del found["starts_at"]
    if "document" in found:
        found["document"] = sound(found["document"])
    return found


# By it both clocks begin at one time.
FIRST = order("first", text(START), BOUGHT, member_id=None)


@pytest.mark.parametrize("seed", seeds(24, quick=3))
def test_random_lives_come_out_as_the_second_implementation_has_them(seed: int) -> None:
    rng = random.Random(f"runs {seed}")
    definitions, documents = campaign(1_000 + seed, lines=50)
    definitions = [sound(each) for each in definitions if each["code"][0] != "a"]
    documents = [FIRST, *(sound(each) for each in documents if each.get("code", "-")[0] != "a")]
    folding = Folding(definitions, DocumentsClock(), partitions=rng.choice([1, 3]))
    assert folding.rulebook.left_out == []
    for document in documents:
        folding.take(document, topic=MEMBERS if document["type"] in ("member", "claim", "test_send") else POS_ORDERS)
        if rng.random() < 0.3:
            folding.turn()
    folding.turn()
    folding.end()
    played = play(documents, definitions)
    written = {"grants": folding.grants(), "refused": folding.values(REFUSALS)}
    written["releases"] = release_rows(folding.grants(), folding.values(RELEASES))
    assert differences(played, written) == []
