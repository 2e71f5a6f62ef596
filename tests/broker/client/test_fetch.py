"""Fetching from a broker whose answers are made here: what is asked for next, what is given up, what ends a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from broker.client import refusals
from broker.client.epochs import Epochs
from broker.client.fetch import Fetched, Fetcher, PositionLost
from broker.client.refusals import LASTING, PASSING, Patience, Refused, patience
from broker.wire.batches import NO_HEADERS, entry
from broker.wire.frames import FetchedBatches, FetchedPartition
from broker.wire.metadata import PartitionRow, TopicRow
from broker.wire.records import UnreadableBatch
from tests.broker.made import ZSTD, batch

TOPIC = "pos.orders"
USUAL = 1024


class Log:
    """A partition: its batches, end to end, as a broker hands them out."""

    def __init__(self, batches: Sequence[bytes], end_offset: int) -> None:
        self.batches = list(batches)
        self.end_offset = end_offset

    def read(self, offset: int, most: int, *, first: bool) -> bytes:
        """From the batch that holds an offset on; a batch larger than asked for is handed out whole to the first only."""
        found = b""
        for number, data in enumerate(self.batches):
            following = int.from_bytes(self.batches[number + 1][:8], "big") if number + 1 < len(self.batches) else self.end_offset
            if following > offset:
                found += data
        whole = len(self.batches[0]) if first and found else 0
        return found[: max(most, whole)]


class FakeClient:
    """The broker that leads all partitions; `asked`: the (partition, offset, most bytes) of each request."""

    def __init__(self, logs: dict[int, Log]) -> None:
        self.logs = logs
        self.asked: list[list[tuple[int, int, int]]] = []
        self.codes: dict[int, int] = {}
        self.looked_up = 0
        self.answers_who_leads = True
        self.looked_up_at = float("-inf")
        self.epochs = Epochs()

    async def send(self, node: int, request: Any) -> FetchedBatches:
        ((topic, partitions),) = request._topics
        self.asked.append([(partition, offset, most) for partition, _, offset, most in partitions])
        self.epochs_asked_by = [epoch for _, epoch, _, _ in partitions]
        answers = []
        left = request._limits[1]
        for number, (partition, offset, most) in enumerate(self.asked[-1]):
            code = self.codes.get(partition, 0)
            log = self.logs[partition]
            data = b"" if code else log.read(offset, min(most, max(left, 0)), first=not number)
            left -= len(data)
            answers.append(FetchedPartition(partition, code, -1 if code else log.end_offset, (), data))
        return FetchedBatches([(topic, answers)])

    def force_metadata_update(self) -> None:
        self.looked_up += 1
        if self.answers_who_leads:
            self.looked_up_at = time.monotonic()


def some(first: int, count: int, size: int = 8) -> bytes:
    return batch([entry(b"k", b"%d" % number + b" " * size, NO_HEADERS) for number in range(first, first + count)], first)


def damaged(first: int, count: int) -> bytes:
    hit = bytearray(some(first, count))
    hit[-1] ^= 1
    return bytes(hit)


def read_all(client: FakeClient, fetcher: Fetcher, ends: dict[int, int], most: int = 40) -> dict[int, list[Fetched]]:
    """Reads every partition to its end."""
    positions = dict.fromkeys(ends, 0)
    found: dict[int, list[Fetched]] = {partition: [] for partition in ends}
    for _ in range(most):
        if positions == ends:
            return found
        places = {(TOPIC, partition): offset for partition, offset in positions.items()}
        for part in asyncio.run(fetcher.fetch(1, places, 0)):
            assert part.from_offset == positions[part.partition]
            found[part.partition].append(part)
            positions[part.partition] = part.next_offset
    raise AssertionError(f"not read to the end: {positions}")


def offsets(parts: Sequence[Fetched]) -> list[int]:
    return [record.offset for part in parts for record in part.records]


@pytest.fixture
def make() -> Callable[..., tuple[FakeClient, Fetcher]]:
    def made(logs: dict[int, Log], max_inflated_bytes: int = 2**20) -> tuple[FakeClient, Fetcher]:
        client: Any = FakeClient(logs)
        return client, Fetcher(client, 2 * USUAL, USUAL, max_inflated_bytes, gapless=True)

    return made


Make = Callable[..., tuple[FakeClient, Fetcher]]


def test_a_batch_larger_than_is_asked_for_is_asked_for_first(make: Make) -> None:
    busy = Log([some(number * 10, 10, 60) for number in range(8)], 80)
    client, fetcher = make({0: busy, 1: Log([some(0, 3, 1_500)], 3)})
    found = read_all(client, fetcher, {0: 80, 1: 3})
    assert offsets(found[0]) == list(range(80)) and offsets(found[1]) == [0, 1, 2]
    assert any(asked[0][0] == 1 and asked[0][2] > 4_500 for asked in client.asked)


def test_a_batch_damaged_on_the_way_is_fetched_again(make: Make) -> None:
    log = Log([some(0, 2), damaged(2, 2), some(4, 2)], 6)
    _, fetcher = make({0: log})
    first = asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 0}, 0))
    assert offsets(first) == [0, 1]
    log.batches[1] = some(2, 2)
    (second,) = asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 2}, 0))
    assert (offsets([second]), second.unreadable) == ([2, 3, 4, 5], [])


@pytest.mark.parametrize("behind", [0, 1, 3])
def test_a_batch_that_stays_damaged_is_one_place_and_the_rest_is_read(make: Make, behind: int) -> None:
    end = 5 + behind
    log = Log([some(0, 2), damaged(2, 3), *(some(5 + number, 1) for number in range(behind))], end)
    client, fetcher = make({0: log})
    (parts,) = read_all(client, fetcher, {0: end}).values()
    (place,) = [piece for part in parts for piece in part.unreadable]
    assert isinstance(place, UnreadableBatch) and (place.first_offset, place.offset) == (2, 4)
    assert offsets(parts) == [0, 1, 4, *range(5, end)]


def test_a_length_that_is_not_so_is_found_out(make: Make) -> None:
    hit = bytearray(some(0, 2))
    hit[8:12] = (len(hit) + 5_000).to_bytes(4, "big")
    client, fetcher = make({0: Log([bytes(hit), some(2, 2)], 4)})
    (parts,) = read_all(client, fetcher, {0: 4}).values()
    assert offsets(parts) == [1, 2, 3]
    assert max(most for asked in client.asked for _, _, most in asked) < 2**20


@pytest.mark.slow
def test_damage_without_an_end_says_what_to_do(make: Make) -> None:
    _, fetcher = make({0: Log([bytes(100), (5).to_bytes(8, "big") + bytes(64 * 2**20)], 9)})
    with pytest.raises(Refused, match="restore the partition from a replica"):
        for _ in range(40):
            asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 0}, 0))


def test_what_one_fetch_inflates_is_bounded_over_all_partitions(make: Make) -> None:
    def bomb(first: int) -> bytes:
        return batch([entry(None, bytes(900_000), NO_HEADERS)], first, codec=ZSTD)

    _, fetcher = make({number: Log([bomb(0), bomb(1), bomb(2)], 3) for number in range(4)})
    positions = dict.fromkeys(((TOPIC, number) for number in range(4)), 0)
    for _ in range(30):
        parts = asyncio.run(fetcher.fetch(1, positions, 0))
        assert sum(len(record.value or b"") for part in parts for record in part.records) <= 2 * 2**20
        for part in parts:
            positions[part.topic, part.partition] = part.next_offset
    assert set(positions.values()) == {3}


def test_an_error_of_one_partition_does_not_hold_up_the_others(make: Make) -> None:
    client, fetcher = make({0: Log([some(0, 1)], 1), 1: Log([some(0, 1)], 1)})
    client.codes[0] = 6
    (part,) = asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 0, (TOPIC, 1): 0}, 0))
    assert part.partition == 1 and client.looked_up
    with pytest.raises(KafkaError, match=r"pos\.orders/0: error 6"):
        asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 0}, 0))


@pytest.mark.parametrize("code", [2, 29, 76, 12_345])
def test_what_waiting_does_not_mend_ends_with_what_to_do(make: Make, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    client, fetcher = make({0: Log([some(0, 1)], 1)})
    client.codes[0] = code
    borne = patience(code)
    assert borne is not None
    if borne.seconds:
        with pytest.raises(KafkaError):
            asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 0}, 0))
        monkeypatch.setitem(refusals.LASTING, code, Patience(0.0, borne.advice))
    with pytest.raises(Refused, match=rf"pos\.orders/0: error {code} of the broker: "):
        asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 0}, 0))


def test_what_passes_is_borne_for_ever_and_a_position_lost_is_not(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not PASSING.keys() & LASTING.keys() and all(patience(code) is None for code in PASSING)
    client, fetcher = make({0: Log([some(0, 1)], 1)})
    client.codes[0] = 1
    with pytest.raises(KafkaError):
        asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 7}, 0))
    monkeypatch.setitem(refusals.LASTING, 1, Patience(0.0, LASTING[1].advice))
    with pytest.raises(PositionLost, match="offset 7: its position is not there any more"):
        asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 7}, 0))


def test_a_position_is_lost_only_by_the_word_of_who_leads_by_newer_metadata(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    client, fetcher = make({0: Log([some(0, 1)], 1)})
    monkeypatch.setitem(refusals.LASTING, 1, Patience(0.0, LASTING[1].advice))
    client.codes[0] = 1
    client.answers_who_leads = False
    for _ in range(3):
        # However often it is said, and for however long: nobody tells whether who says so still leads it.
        with pytest.raises(KafkaError):
            asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 7}, 0))
    client.answers_who_leads = True
    with pytest.raises(KafkaError):
        asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 7}, 0))
    with pytest.raises(PositionLost):
        asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 7}, 0))


def test_a_leader_is_asked_by_its_epoch(make: Make) -> None:
    client, fetcher = make({0: Log([some(0, 1)], 1), 1: Log([], 0)})
    client.epochs.newest([TopicRow(0, TOPIC, False, [PartitionRow(0, 0, 1, [1], [1], 4)])])
    asyncio.run(fetcher.fetch(1, {(TOPIC, 0): 0, (TOPIC, 1): 0}, 0))
    assert client.epochs_asked_by == [4, -1]
