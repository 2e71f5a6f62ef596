"""Gifts that a member does not claim are put by once they are many, and whatever happens to him costs no more for them (spec 2.6).

What comes of anything is the same, byte for byte, as if all of them stood in his record.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast
from unittest.mock import patch

import msgspec
import pytest

from broker.wire.records import Record
from rules import state
from rules.clock import DocumentsClock
from rules.gifts.waiting import Claimable, Unreleased
from rules.state import HeldRefund, Seldom
from rules.times import epoch_ms
from streams.topics import MEMBERS, POS_ORDERS, RELEASES
from tables.member import put_by
from tables.member.put_by import TOGETHER
from tables.partition import PartitionTable
from tests.agents.gifts import POINTS, claim
from tests.agents.turns.alone import Alone
from tests.folding import SETTINGS, Folding, rulebook_of
from tests.generate.campaigns import campaign
from tests.oracle.examples import order, program, refund, spend
from tidemark.reading.partitions import read_member
from tidemark.reading.topics import Topics

Document = dict[str, Any]
TO_CLAIM = POINTS | {"claim": "member"}
DAILY: Document = {
    "kind": "activity",
    "type": "bulk",
    "code": "b",
    "name": "B",
    "segment": "all",
    "gifts": [TO_CLAIM],
    "schedule": {"every": "day", "at": "10:00"},
}
HOUR = timedelta(hours=1)
START = datetime.fromisoformat("2024-01-01T12:00:00+00:00")


def at(hour: int) -> str:
    return (START + hour * HOUR).isoformat()


def bought(hour: int, **more: Any) -> Document:
    return order(f"o{hour}", at(hour), ("x", 1, 100), **more)


def alone(**more: Any) -> Alone:
    return Alone(rulebook_of([program(), spend(gifts=[TO_CLAIM], **more)]))


def ms(hour: int) -> int:
    return epoch_ms(START + hour * HOUR)


def take(partition: Alone, document: Document, hour: int) -> None:
    partition.append(document, ms(hour))
    partition.settle()


def with_gifts(count: int, **more: Any) -> Alone:
    """A partition in which ann may claim so many, of an order each hour."""
    partition = alone(**more)
    for number in range(count):
        take(partition, bought(number), number)
    return partition


def pass_time(partition: Alone, hour: int) -> None:
    partition.shard.table.clock.reach(ms(hour))
    partition.settle()


def record_of(partition: Alone, member_id: str = "ann") -> bytes:
    return partition.shard.table.members[member_id]


def records_apart(partition: Alone) -> dict[bytes, bytes]:
    return {key: record.value or b"" for key, record in partition.changelog.items() if key[:1] == b"g"}


def all_of(table: PartitionTable, member_id: str) -> tuple[list[Claimable], list[Unreleased], list[HeldRefund]]:
    """All that waits at the member, in its order."""
    member = table.look(member_id)
    table.put_by.bring_back(member_id, member)
    return member.seldom.claimable, member.seldom.unreleased, member.seldom.held


def gifts_of(table: PartitionTable, member_id: str) -> list[Claimable]:
    """All that the member may claim."""
    return all_of(table, member_id)[0]


@contextmanager
def never_put_by() -> Iterator[None]:
    with patch.object(put_by, "TOGETHER", 10**9):
        yield


def test_what_a_turn_writes_of_a_member_does_not_grow_with_what_he_has_not_claimed() -> None:
    """Bytes of the changelog by day, of a bulk that gives him something more each day."""
    partition = Alone(rulebook_of([program(), DAILY]))
    take(partition, bought(0), 0)
    written: list[int] = []
    for day in range(1, 20 * TOGETHER + 1):
        before = len(partition.committed)
        pass_time(partition, 24 * day)
        written.append(sum(len(value or b"") for key, value in partition.committed[before:] if key[:1] in (b"m", b"g")))
    assert len(gifts_of(partition.shard.table, "ann")) == 20 * TOGETHER
    # A few bytes more for each record that some are put by in.
    first, last = sum(written[: 4 * TOGETHER]), sum(written[-4 * TOGETHER :])
    assert last < 1.4 * first
    assert len(record_of(partition)) < 48 * TOGETHER < sum(map(len, records_apart(partition).values()))


def test_an_order_of_a_member_whose_gifts_wait_opens_nothing_of_them() -> None:
    partition = with_gifts(6 * TOGETHER)
    opened: list[object] = []

    def open_(rest: bytes) -> Seldom:
        opened.append(rest)
        raise AssertionError("what waits was opened")

    with patch.object(state, "_decode_seldom", open_):
        take(partition, order("small", at(900), ("x", 1, 1)), 900)
    assert not opened and partition.put_out["dead-letters"] == []
    assert list(partition.members()["ann"].progress.values()) == [600 * TOGETHER + 1]


def test_what_waits_for_midnight_is_put_by_too_and_released_then_in_its_order() -> None:
    partition = Alone(rulebook_of([program(), *(spend(code=code, gifts=[POINTS | {"release": "daily"}]) for code in "ab")]))
    written: list[int] = []
    for minute in range(10 * TOGETHER):
        before = len(partition.committed)
        partition.append(order(f"o{minute}", at(0), ("x", 1, 100)), ms(0) + 60_000 * minute)
        partition.settle()
        written.append(sum(len(value or b"") for key, value in partition.committed[before:] if key[:1] in (b"m", b"g")))
    first, last = written[: 2 * TOGETHER], written[-2 * TOGETHER :]
    # A few bytes more for each record that some are put by in, and for each order that counts for a level.
    assert sum(last) < 2.5 * sum(first) and records_apart(partition)
    partition.kill()
    pass_time(partition, 12)
    assert [each["grant_id"] for each in partition.put_out[RELEASES]] == [
        f"{code}/ann/{number}" for number in range(1, 10 * TOGETHER + 1) for code in "ab"
    ]
    assert records_apart(partition) == {} and all_of(partition.shard.table, "ann") == ([], [], [])


def test_refunds_that_wait_for_their_orders_are_put_by_too_and_come_back_with_them() -> None:
    partition = alone()
    take(partition, bought(0), 0)
    written: list[int] = []
    for number in range(1, 20 * TOGETHER + 1):
        before = len(partition.committed)
        take(partition, refund(f"r{number}", f"o{number}", at(1), ("x", 1, 100)), 1)
        written.append(sum(len(value or b"") for key, value in partition.committed[before:] if key[:1] in (b"m", b"g")))
    assert sum(written[-4 * TOGETHER :]) < 1.4 * sum(written[4 * TOGETHER : 8 * TOGETHER])
    partition.kill()
    decoded: list[bytes] = []
    decode = put_by._held

    def counted(record: bytes) -> Any:
        decoded.append(record)
        return decode(record)

    with patch.object(put_by, "_held", counted):
        take(partition, bought(100), 100)
    assert len(decoded) == 1
    assert [held.order_id for held in all_of(partition.shard.table, "ann")[2]] == [
        f"o{number}" for number in range(1, 20 * TOGETHER + 1) if number != 100
    ]
    # Two orders, of which one was given back.
    assert list(partition.members()["ann"].progress.values()) == [100]
    # A second one, and what waits longer than it may.
    take(partition, bought(100), 100)
    pass_time(partition, 24 * 40)
    assert [letter["reason"] for letter in partition.put_out["dead-letters"]] == ["unknown_order"] * (20 * TOGETHER - 1)
    assert all_of(partition.shard.table, "ann")[2] == [] and not any(
        b"o5" in record for record in records_apart(partition).values()
    )


def test_what_waits_for_its_order_is_bounded_by_its_bytes_wherever_it_stands() -> None:
    partition = Alone(rulebook_of([program(), spend()]), msgspec.structs.replace(SETTINGS, held_bytes=100_000))
    size = 0
    for number in range(600):
        document = refund(f"r{number}", f"o{number}", at(1), ("x", 1, 100))
        size += len(json.dumps(document))
        take(partition, document, 1)
        assert bool(partition.put_out["dead-letters"]) == (size > 100_000)
        if size > 100_000:
            break
    assert f"with this one, {size} bytes" in partition.put_out["dead-letters"][0]["detail"]


def test_a_claim_reads_and_writes_what_it_names_and_leaves_the_rest_put_by() -> None:
    partition = with_gifts(20 * TOGETHER)
    before = records_apart(partition)
    assert len(before) >= 8
    decoded: list[bytes] = []
    decode = put_by._claimable

    def counted(record: bytes) -> Any:
        decoded.append(record)
        return decode(record)

    with patch.object(put_by, "_claimable", counted):
        take(partition, claim("spend/ann/100", at(900)), 900)
    after = records_apart(partition)
    assert len(decoded) == 1
    assert len(set(before.values()) - set(after.values())) == 1 and len(after) == len(before)
    left = [each for waits in gifts_of(partition.shard.table, "ann") for each in range(waits.first, waits.last + 1)]
    assert left == [number for number in range(1, 20 * TOGETHER + 1) if number != 100]


def test_a_label_is_found_where_it_is_put_by() -> None:
    folding = Folding([program(), DAILY], DocumentsClock())
    for number in range(0, 24 * 6 * TOGETHER, 24 * 30):
        folding.take(bought(number))
    claims = ["2024-01-03", "2024-02-01", "2024-04-01"]
    for place, day in enumerate(claims):
        folding.take(claim(f"b/ann/{day}", at(24 * 6 * TOGETHER + place)), topic=MEMBERS)
    folding.turn()
    assert any(waits.number for waits in folding.tables[0].look("ann").seldom.claimable)
    claimed = [each["grant_id"] for each in folding.values(RELEASES) if each["event"] == "claimed"]
    assert claimed == [f"b/ann/{day}" for day in claims]


def test_a_claim_that_throws_leaves_all_of_it_as_it_was() -> None:
    partition = with_gifts(8 * TOGETHER)
    before, apart, gifts = record_of(partition), records_apart(partition), gifts_of(partition.shard.table, "ann")
    with patch("agents.fold.claims.claim", side_effect=RuntimeError("a bug")):
        take(partition, claim("spend/ann/5", at(900)), 900)
    assert [letter["reason"] for letter in partition.put_out["dead-letters"]] == ["internal_error"]
    assert (record_of(partition), records_apart(partition)) == (before, apart)
    partition.kill()
    assert gifts_of(partition.shard.table, "ann") == gifts
    take(partition, claim("spend/ann/5", at(901)), 901)
    assert len(gifts_of(partition.shard.table, "ann")) == len(gifts) - 1


def test_what_is_put_by_is_forgotten_when_it_was_to_be_and_nothing_stays() -> None:
    partition = with_gifts(8 * TOGETHER, ends_at=at(24 * 40))
    count = len(gifts_of(partition.shard.table, "ann"))
    for hour in (2 * TOGETHER, 8 * TOGETHER):
        pass_time(partition, 24 * 1_100 + hour - 1)
        assert len(gifts_of(partition.shard.table, "ann")) == count - hour
    assert records_apart(partition) == {} == partition.shard.table.put_by.records


def test_who_asks_a_running_system_sees_what_is_put_by() -> None:
    """As `tidemark grants` does."""
    partition = with_gifts(8 * TOGETHER)
    changelog = list(partition.changelog.values())

    class Changelog:
        async def span(self, place: object) -> tuple[int, int]:
            return 0, len(changelog)

        async def records(self, place: object, start: int, end: int) -> AsyncIterator[Record]:
            for record in changelog:
                yield record

    member = asyncio.run(read_member(cast("Topics", Changelog()), "changelog", 0, "ann"))
    assert member is not None
    assert [waits.first for waits in member.seldom.claimable] == list(range(1, 8 * TOGETHER + 1))


def test_of_who_is_deleted_nothing_stays() -> None:
    partition = with_gifts(8 * TOGETHER)
    assert records_apart(partition)
    take(partition, {"type": "member", "member_id": "ann", "deleted": True}, 900)
    assert records_apart(partition) == {} == partition.shard.table.put_by.records


def test_the_record_of_a_release_that_put_nothing_by_is_read_and_put_by_as_it_is_touched() -> None:
    with never_put_by():
        partition = with_gifts(8 * TOGETHER)
        partition.kill()
        gifts = gifts_of(partition.shard.table, "ann")
    assert len(gifts) == 8 * TOGETHER and records_apart(partition) == {}
    take(partition, claim("spend/ann/5", at(900)), 900)
    assert gifts_of(partition.shard.table, "ann") == [waits for waits in gifts if waits.first != 5]
    assert len(records_apart(partition)) >= 6
    partition.kill()
    assert gifts_of(partition.shard.table, "ann") == [waits for waits in gifts if waits.first != 5]


@pytest.mark.parametrize("seed", range(5))
def test_who_takes_over_between_any_two_turns_goes_on_with_all_of_it(seed: int) -> None:
    definitions = [program(), spend(gifts=[TO_CLAIM, TO_CLAIM | {"release": "daily"}])]
    rng = Random(seed)
    documents: list[Document] = []
    for hour in range(120):
        number = rng.randrange(1, 60)
        documents.append(
            rng.choice(
                [
                    bought(hour),
                    bought(hour),
                    refund(f"r{hour}", f"o{hour + rng.randint(-20, 20)}", at(hour), ("x", 1, 100)),
                    claim(f"spend/ann/{number}", at(hour), rng.choice([1, 2, None])),
                ]
            )
        )

    def lived(killed: bool) -> Alone:
        partition = Alone(rulebook_of(definitions))
        for hour, document in enumerate(documents):
            take(partition, document, hour)
            if killed:
                partition.kill()
        pass_time(partition, 24 * 60)
        return partition

    with never_put_by():
        expected = lived(killed=False)
    with patch.object(put_by, "TOGETHER", 2):
        found = lived(killed=True)
        found.kill()
    assert found.put_out == expected.put_out
    assert all_of(found.shard.table, "ann") == all_of(expected.shard.table, "ann")
    assert found.shard.table.put_by.records == records_apart(found) != {}


@pytest.mark.parametrize("release", ["instant", "hourly", "daily"])
@pytest.mark.parametrize("seed", range(10))
def test_nothing_that_is_put_out_differs(seed: int, release: str) -> None:
    """Lives in which gifts are released, held, claimed, moved with their member and forgotten: put by two by two, and never."""
    definitions, documents = campaign(seed, members=3)
    for each in definitions:
        if each["kind"] == "activity":
            _to_claim(each, release)

    def lived() -> Folding:
        folding = Folding(definitions, DocumentsClock(), partitions=2, figures=True)
        for place, document in enumerate(documents):
            folding.take(document, topic=POS_ORDERS)
            if place % 5 == 4:
                folding.turn()
        folding.turn()
        folding.end()
        return folding

    with never_put_by():
        expected = lived()
    with patch.multiple(put_by, TOGETHER=2):
        found = lived()
    assert found.outputs == expected.outputs
    for table, other in zip(found.tables, expected.tables, strict=True):
        assert {each: all_of(table, each) for each in table.members} == {each: all_of(other, each) for each in other.members}
        stand_ins = [
            waits
            for each in map(table.look, table.members)
            for waits in (*each.seldom.claimable, *each.seldom.unreleased, *each.seldom.held)
            if waits.number
        ]
        assert len(stand_ins) == len(table.put_by.records)


def _to_claim(activity: Document, release: str) -> None:
    for gifts in (activity.get("gifts", []), *(step["gifts"] for step in activity.get("condition", {}).get("steps", []))):
        for gift in gifts:
            gift |= {"claim": "member", "release": release}
