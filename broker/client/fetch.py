"""Lean fetching: what is committed, of many partitions, with one request to each leader."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import structlog
from aiokafka.errors import KafkaError, for_code
from msgspec import Struct

from broker.client.client import Client
from broker.client.offsets import Place as Place
from broker.client.refusals import STALE, Refused, lasting, patience
from broker.wire.codecs import MAX_INFLATED_BYTES
from broker.wire.frames import FetchedPartition, LeanFetch
from broker.wire.parse import MAX_BATCH_BYTES, Damage, Limits, Parsed, first_batch_bytes, parse
from broker.wire.records import Record, UnreadableBatch

_log = structlog.get_logger()

_OUT_OF_RANGE = 1


class PositionLost(Exception):
    """The position to read from is not in the partition: retention has passed it, or the topic was made again."""


class Fetched(Struct, gc=False):
    """What came of one partition: where it was read from, its records in order, where to read on, and where what is committed ends.
    `unreadable`: those of the records that are.
    """

    topic: str
    partition: int
    from_offset: int
    records: list[Record]
    next_offset: int
    end_offset: int
    unreadable: Sequence[UnreadableBatch] = ()


class Fetcher:
    """Fetches from positions that the caller keeps."""

    def __init__(
        self,
        client: Client,
        max_bytes: int,
        max_partition_bytes: int,
        max_inflated_bytes: int = MAX_INFLATED_BYTES,
        *,
        gapless: bool = False,
    ) -> None:
        """`max_bytes`: of one fetch, and `max_partition_bytes` of one partition in it, as they come. `max_inflated_bytes`: of one batch,
        and, but for the last of them, of all that one fetch inflates. `gapless`: the topics are not compacted.
        """
        self.client = client
        self._max_bytes = max_bytes
        self._max_partition_bytes = max_partition_bytes
        self._max_inflated_bytes = max_inflated_bytes
        self._gapless = gapless
        # Where what is committed ended in each partition when it was last answered.
        self.ends: dict[Place, int] = {}
        # Of partitions whose next batch is larger than the usual limit, or was not read for want of room.
        self._wanted_bytes: dict[Place, int] = {}
        # Where a damaged batch stood when it was last fetched, and what is to be done if it is damaged again.
        self._doubted: dict[Place, tuple[int, Damage]] = {}
        # Since when a partition has been refused, and by which code.
        self._refused: dict[Place, tuple[int, float]] = {}

    async def fetch(self, node: int, positions: Mapping[Place, int], wait_ms: int) -> list[Fetched]:
        """What one node has from these positions on, waiting up to `wait_ms` for a first byte.

        Raises PositionLost, Refused, CodecMissing; KafkaError where it is worth trying again.
        """
        request = LeanFetch(wait_ms, *self._asked(positions))
        asked_at = time.monotonic()
        try:
            response = await self.client.send(node, request)
        except KafkaError as error:
            if advice := lasting(error):
                raise Refused(f"fetching from broker {node}: {advice}") from error
            raise
        found: list[Fetched] = []
        refusal: KafkaError | None = None
        left_bytes = self._max_inflated_bytes
        for topic, partitions in response.topics:
            for part in partitions:
                place = (topic, part.partition)
                if part.error_code:
                    # Others of this answer are taken: it must not look as if this one was heard of.
                    self.ends.pop(place, None)
                    refusal = self._refuse(place, part.error_code, positions[place], asked_at)
                    continue
                self.ends[place] = part.end_offset
                if self._refused:
                    self._refused.pop(place, None)
                if not part.data:
                    continue
                parsed = self._parse(place, positions[place], part, left_bytes)
                left_bytes -= parsed.inflated_bytes
                if parsed.next_offset > positions[place]:
                    records, next_offset = parsed.records, parsed.next_offset
                    found.append(
                        Fetched(topic, place[1], positions[place], records, next_offset, part.end_offset, parsed.unreadable)
                    )
        # What came of the others is not thrown away for it.
        if refusal is not None and not found:
            raise refusal
        return found

    def _asked(self, positions: Mapping[Place, int]) -> tuple[int, list[tuple[str, list[tuple[int, int, int, int]]]]]:
        """What a request asks for: most bytes, and the positions by topic. Who wants more than usual comes first, as a broker fills its
        answer in this order, and gives a batch that is too large to the first only.
        """
        by_topic: dict[str, list[tuple[int, int, int, int]]] = {}
        epoch_of = self.client.epochs.of
        wanted = self._wanted_bytes
        if not wanted:
            for place, offset in positions.items():
                by_topic.setdefault(place[0], []).append((place[1], epoch_of(place), offset, self._max_partition_bytes))
            return self._max_bytes, list(by_topic.items())
        max_bytes = 0
        for place in sorted(positions, key=lambda place: place not in wanted):
            limit = wanted.get(place, self._max_partition_bytes)
            max_bytes += wanted.get(place, 0)
            by_topic.setdefault(place[0], []).append((place[1], epoch_of(place), positions[place], limit))
        return max(max_bytes, self._max_bytes), list(by_topic.items())

    def _parse(self, place: Place, from_offset: int, part: FetchedPartition, left_bytes: int) -> Parsed:
        """The records of a partition. Raises CodecMissing, Refused."""
        doubted_at, damage = self._doubted.get(place, (-1, Damage.STOP))
        if doubted_at != from_offset:
            damage = Damage.STOP
        limits = Limits(self._max_inflated_bytes, left_bytes)
        parsed = parse(part.data, from_offset, part.end_offset, part.aborted, damage, self._gapless, limits)
        if parsed.damaged:
            again = damage is not Damage.STOP and parsed.next_offset == from_offset
            self._doubt(place, parsed.next_offset, len(part.data), again=again)
        elif parsed.next_offset > from_offset:
            if self._wanted_bytes or self._doubted:
                self._wanted_bytes.pop(place, None)
                self._doubted.pop(place, None)
        else:
            self._want(place, from_offset, part.data)
        for piece in parsed.unreadable:
            _log.error(
                "batch_unreadable",
                topic=place[0],
                partition=place[1],
                offset=piece.first_offset,
                last_offset=piece.offset,
                bytes=piece.length,
                sha256=piece.digest,
                reason=piece.why,
            )
        return parsed

    def _want(self, place: Place, offset: int, data: bytes) -> None:
        """Asks for more next time, where not even one batch could be read; before all others."""
        needed = first_batch_bytes(data)
        asked = self._wanted_bytes.get(place)
        if 0 < needed <= len(data):
            # It is all there, but there was no room for what it inflates to.
            self._wanted_bytes[place] = asked or self._max_partition_bytes
        elif asked is not None and needed <= asked:
            # It came first, and with room enough: it says that it is longer than it is.
            self._doubt(place, offset, len(data), again=False)
        else:
            self._wanted_bytes[place] = max(2 * self._max_partition_bytes, needed)

    def _doubt(self, place: Place, offset: int, came_bytes: int, *, again: bool) -> None:
        """A damaged batch is fetched again, with what follows it, before it is believed to be; what cannot be read is then passed over.

        `again`: it was, and nothing whole follows it. Raises Refused.
        """
        asked = self._wanted_bytes.get(place, self._max_partition_bytes)
        damage = Damage.PASS
        if not again:
            _log.warning("batch_fetched_again", topic=place[0], partition=place[1], offset=offset)
            asked = max(asked, 2 * self._max_partition_bytes, 2 * came_bytes)
        elif came_bytes < asked:
            damage = Damage.END
        elif asked < MAX_BATCH_BYTES:
            asked *= 2
        else:
            raise Refused(
                f"{place[0]}/{place[1]}: {came_bytes} bytes from offset {offset} on are damaged, and no end of it is seen: restore the "
                "partition from a replica that is whole (kafka-reassign-partitions.sh), or the topic from a copy, then start again"
            )
        self._wanted_bytes[place] = asked
        self._doubted[place] = (offset, damage)

    def _refuse(self, place: Place, code: int, offset: int, asked_at: float) -> KafkaError:
        """The error of one partition, while it may pass. Raises PositionLost, Refused once it has gone on for too long.

        A position is not believed lost before whoever leads the partition by metadata that are newer than the first such word has said so.
        """
        now, looked_up_at = time.monotonic(), self.client.looked_up_at
        if code in STALE:
            self.client.force_metadata_update()
        bearable = patience(code)
        where = f"{place[0]}/{place[1]}"
        if bearable is not None:
            before, since = self._refused.get(place, (code, now))
            if before != code:
                since = now
            self._refused[place] = (code, since)
            if now - since >= bearable.seconds:
                if code != _OUT_OF_RANGE:
                    raise Refused(f"{where}: error {code} of the broker: {bearable.advice}")
                if since <= looked_up_at <= asked_at:
                    raise PositionLost(f"{where}: offset {offset}: {bearable.advice}")
        error: KafkaError = for_code(code)(f"{where}: error {code} of the broker")
        return error
