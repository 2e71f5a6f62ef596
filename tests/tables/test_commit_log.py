"""A changelog that another version wrote is left alone; one that lost records is not counted on from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from broker.client.fetch import Fetched
from broker.client.produce import Fenced, Identity
from broker.wire.records import Record, UnreadableBatch
from tables.commit_log import CommitLog, Corrupt
from tables.head import FORMAT, FORMATS_READ, Head
from tables.layout import ADOPTED, FENCE, HEAD, chunk_key, encode_head, member_key, out_key
from tables.partition import PartitionTable

HEAD_NOW = Head(1, {"pos.orders": 3}, 5, 1, {}, format=FORMAT)


class FakeFetcher:
    """Has one partition with these records."""

    def __init__(self, entries: list[tuple[bytes, bytes]], unreadable: Sequence[UnreadableBatch] = ()) -> None:
        self._records = [Record(offset, 0, key, value, []) for offset, (key, value) in enumerate(entries)]
        self._unreadable = unreadable

        self.client = None

    async def fetch(self, *_: object) -> list[Fetched]:
        end = len(self._records)
        return [Fetched("log", 0, 0, self._records, end, end, self._unreadable)]


@pytest.fixture(autouse=True)
def one_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """That leads the partition, which begins at offset 0."""

    async def offsets(_: object, places: list[tuple[str, int]], __: int) -> dict[tuple[str, int], int]:
        return dict.fromkeys(places, 0)

    monkeypatch.setattr("tables.commit_log.offsets", offsets)
    monkeypatch.setattr("broker.client.reading.leaders", lambda _, places: {1: places})


def recovered(*entries: tuple[bytes, bytes]) -> PartitionTable:
    fetcher: Any = FakeFetcher(list(entries))
    table = PartitionTable(0, {}, 10**9)
    return asyncio.run(CommitLog("log", 0, Identity(1, 0), len(entries)).recover(fetcher, table, 1)).table


def test_what_this_version_wrote_is_read() -> None:
    assert recovered((HEAD, encode_head(HEAD_NOW))).head.positions == {"pos.orders": 3}


def test_a_state_that_was_begun_without_a_seed_goes_on_without_one() -> None:
    without = msgspec.msgpack.encode([1, {"pos.orders": 3}, 5, 1, {}, -1, {}, FORMAT])
    assert recovered((HEAD, without)).head.seed == 0
    assert recovered((HEAD, encode_head(msgspec.structs.replace(HEAD_NOW, seed=9)))).head.seed == 9


def test_nothing_of_it_that_cannot_be_read_is_passed_over() -> None:
    place = UnreadableBatch(1, 0, None, None, [], 0, 61, "digest", b"first", "the batch from offset 0 to 1 cannot be read: damaged")
    fetcher: Any = FakeFetcher([(HEAD, encode_head(HEAD_NOW))], [place])
    with pytest.raises(
        Corrupt, match=r"log/0: the batch from offset 0 to 1 cannot be read: damaged. Nothing .* passed over: restore"
    ):
        asyncio.run(CommitLog("log", 0, Identity(1, 0), 2).recover(fetcher, PartitionTable(0, {}, 10**9), 1))


@pytest.mark.parametrize(
    "entries",
    [
        [(HEAD, encode_head(msgspec.structs.replace(HEAD_NOW, format=FORMAT + 1)))],
        [(HEAD, msgspec.msgpack.encode([1, {"pos.orders": 3}, 5, 1, {}]))],
        [(member_key("ann"), b"\x7f" + b"\xff" * 7), (HEAD, encode_head(msgspec.structs.replace(HEAD_NOW, format=1)))],
        [(chunk_key(1, 1), bytes(8) + (20).to_bytes(4, "little") + b"x" * 20), (HEAD, encode_head(HEAD_NOW))],
        [(HEAD, b"\xc1")],
        [(out_key(1), (1).to_bytes(8, "big") + b"\7" + b"\x80"), (HEAD, encode_head(HEAD_NOW))],
    ],
)
def test_what_another_version_wrote_is_not_read_as_if_it_were_nothing(entries: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Corrupt, match="another version wrote them"):
        recovered(*entries)


def test_what_stands_where_it_was_written_to_is_read() -> None:
    head = msgspec.structs.replace(HEAD_NOW, offset=1)
    assert recovered((FENCE, b"3"), (HEAD, encode_head(head))).head.turn == 1


def test_a_head_that_stands_elsewhere_tells_that_records_before_it_were_lost() -> None:
    with pytest.raises(Corrupt, match=r"has lost what was committed .*written for offset 7 and stands at 1"):
        recovered((FENCE, b"3"), (HEAD, encode_head(msgspec.structs.replace(HEAD_NOW, offset=7))))


def test_remains_that_cannot_be_read_are_told_for_what_they_are() -> None:
    """What a record leans on is lost, and the head behind it says so."""
    unreadable = (chunk_key(1, 1), bytes(8) + (20).to_bytes(4, "little") + b"x" * 20)
    with pytest.raises(Corrupt, match=r"has lost what was committed .*written for offset 7 and stands at 1"):
        recovered(unreadable, (HEAD, encode_head(msgspec.structs.replace(HEAD_NOW, offset=7))))


def test_what_was_copied_and_adopted_is_read_wherever_it_stood() -> None:
    elsewhere = encode_head(msgspec.structs.replace(HEAD_NOW, offset=7))
    here = encode_head(msgspec.structs.replace(HEAD_NOW, turn=2, offset=3))
    assert recovered((FENCE, b"3"), (HEAD, elsewhere), (ADOPTED, b"2"), (HEAD, here)).head.turn == 2
    with pytest.raises(Corrupt, match="has lost what was committed"):
        recovered((ADOPTED, b"0"), (FENCE, b"3"), (HEAD, elsewhere))


@pytest.mark.parametrize("format_", FORMATS_READ)
def test_its_own_format_is_read_and_the_one_before(format_: int) -> None:
    assert recovered((HEAD, encode_head(msgspec.structs.replace(HEAD_NOW, format=format_)))).head.turn == 1


@pytest.mark.parametrize(
    ("format_", "said"), [(FORMAT + 1, "a newer release wrote them: run that one"), (1, "reads format 1 and writes format 2")]
)
def test_of_another_format_it_is_said_which_release_is_needed(format_: int, said: str) -> None:
    reads = " and ".join(map(str, FORMATS_READ))
    with pytest.raises(Corrupt, match=f"records of format {format_}, and this release reads {reads}.*{said}"):
        recovered((HEAD, encode_head(msgspec.structs.replace(HEAD_NOW, format=format_))))


def test_an_acknowledged_batch_must_stand_where_it_was_expected() -> None:
    log = CommitLog("log", 0, Identity(1, 0), 10)
    log.acknowledge(10, 2)
    log.acknowledge(-1, 1)
    assert log.expected_offset == 13
    with pytest.raises(Fenced, match="someone else wrote"):
        log.acknowledge(14, 1)
    with pytest.raises(Corrupt, match="has lost what was committed"):
        log.acknowledge(3, 1)


def test_a_head_says_where_it_will_stand() -> None:
    table = PartitionTable(0, {}, 10**9)
    head, entries = table.seal({}, 1, {}, 40)
    assert (head.offset, len(entries)) == (40, 1)


@pytest.mark.parametrize("key", [b"", b"a stranger's", b"mann"])
def test_what_somebody_else_has_written_is_told_for_what_it_is(key: bytes) -> None:
    with pytest.raises(Corrupt, match=r"log/0: someone else wrote \("):
        recovered((key, b"0"), (HEAD, encode_head(msgspec.structs.replace(HEAD_NOW, offset=0))))
