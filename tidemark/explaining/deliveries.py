"""How far the sinks are with a record: what each has committed, and what is among the dead letters of it (spec 4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from agents.delivery.decode import Decode
from broker.wire.records import Record
from sinks.topics.cloudevents import SOURCE
from sinks.topics.formats import Attempted, DeadLetter
from streams.decode import Malformed
from streams.topics import DEAD_LETTERS
from tables.layout import HEAD, decode_head
from tidemark.explaining.attempts import Attempt, attempts_of, read_attempts
from tidemark.explaining.stored import Stored
from tidemark.workers.delivery import SINKS

# A record was taken by whoever wrote it.
_ANY_SIZE = 2**63

_letter = msgspec.json.Decoder(DeadLetter).decode


class Delivered(Struct, omit_defaults=True):
    """What became at a sink of a record that holds a gift: `given`, `refused` for a `reason`, or it `waits`; `no_worker`: none of this sink
    has ever run. `attempts`: as they were told, as long as these are kept.
    """

    sink: str
    state: Literal["given", "refused", "waits", "no_worker"]
    reason: str | None = None
    detail: str | None = None
    attempts: list[Attempt] = []


class Progress:
    """Of one partition: how far each sink is, the dead letters, and the attempts that were told."""

    def __init__(
        self,
        positions: Mapping[str, Mapping[str, int]],
        refused: Mapping[tuple[str, str], DeadLetter],
        told: Sequence[Attempted],
        sinks: Sequence[str],
    ) -> None:
        """`positions`: by sink, then by topic; `refused`: by whose workers put it out, and where the record stood; `sinks`: that are
        delivered to.
        """
        # Others that have never run are nobody's.
        self._sinks = [sink for sink in SINKS if positions[sink] or sink in sinks]
        self._positions = positions
        self._refused = refused
        self._told = told

    def of(self, topic: str, partition: int, record: Record, gift: int) -> list[Delivered]:
        """What became of a gift that a record tells of (its place, from 1), at every sink for which the record holds something."""
        return [
            self._of(sink, topic, partition, record.offset, gift)
            for sink in self._sinks
            if topic in SINKS[sink].decode and _holds(SINKS[sink].decode[topic], record)
        ]

    def _of(self, sink: str, topic: str, partition: int, offset: int, gift: int) -> Delivered:
        positions = self._positions[sink]
        if not positions:
            return Delivered(sink, "no_worker")
        attempts = attempts_of(self._told, sink, topic, partition, offset, gift)
        if positions.get(topic, 0) <= offset:
            return Delivered(sink, "waits", attempts=attempts)
        letter = self._refused.get((SINKS[sink].group, f"{topic}/{partition}/{offset}"))
        if letter is None:
            return Delivered(sink, "given", attempts=attempts)
        return Delivered(sink, "refused", letter.reason, letter.detail, attempts)


def _holds(decode: Decode[Any], record: Record) -> bool:
    try:
        return decode(record.value, _ANY_SIZE) is not None
    except Malformed:
        # It is among the dead letters, which says so.
        return True


class SinksRead:
    """How far the sinks are, partition by partition, each read once."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._read: dict[int, Progress] = {}

    async def of(self, partition: int) -> Progress:
        """As of when it was first asked for. Raises BrokerUnavailable."""
        found = self._read.get(partition)
        if found is None:
            found = self._read[partition] = await _read(self._stored, partition)
        return found


async def _read(stored: Stored, partition: int) -> Progress:
    wanted = tuple(f"{topic}/{partition}/" for topic in {topic for route in SINKS.values() for topic in route.decode})
    positions = {sink: await _positions(stored, route.changelog, partition) for sink, route in SINKS.items()}
    refused: dict[tuple[str, str], DeadLetter] = {}
    async for record in stored.records(DEAD_LETTERS, partition):
        letter = _of_output(record, wanted)
        if letter is not None:
            refused[_put_out_by(record), letter.source] = letter
    return Progress(positions, refused, await read_attempts(stored, partition), stored.settings.sinks)


async def _positions(stored: Stored, changelog: str, partition: int) -> Mapping[str, int]:
    found: Mapping[str, int] = {}
    place = (stored.settings.prefix + changelog, partition)
    async for record in stored.topics.records(place, *await stored.topics.span(place)):
        if record.key == HEAD and record.value is not None:
            found = decode_head(record.value).positions
    return found


def _put_out_by(record: Record) -> str:
    """The group of the workers that put a record out, without the prefix; "" where it does not say."""
    source = next((value for name, value in record.headers if name == SOURCE), None) or b""
    return source.decode(errors="replace").removeprefix("/tidemark/").rpartition("/")[0]


def _of_output(record: Record, wanted: tuple[str, ...]) -> DeadLetter | None:
    if record.value is None or not any(each.encode() in record.value for each in wanted):
        return None
    try:
        letter = _letter(record.value)
    except msgspec.DecodeError:
        # Not of our making.
        return None
    return letter if letter.source.startswith(wanted) else None
