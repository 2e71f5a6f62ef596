"""What is stored of one member: on topics, in his partition's changelog, and among the definitions. Read when it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka.client import AIOKafkaClient

from agents.fold.incoming import Incoming, feed_of, header_ms, source_of
from agents.fold.reading import judging
from broker.client.client import open_client
from broker.client.produce import settled
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.accepting import accept
from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from rules.documents.validity import InvalidDocument
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import at_utc, epoch_ms
from streams.decode import Malformed, decode
from streams.definitions import Definitions
from streams.feeds.feed import PassedOver
from streams.routing import RECEIVED_HEADER, partition_of
from streams.topics import (
    AGGREGATE_CHANGELOG,
    BENEFITS,
    DEAD_LETTERS,
    DEFINITIONS,
    DELIVERIES,
    GIFTS,
    NOTIFICATIONS,
    ONLINE_ORDERS,
    POS_ORDERS,
    REFUSALS,
    REKEYED,
    RELEASES,
)
from tables.partition import PartitionTable
from tidemark.reading.partitions import read_member, read_partition
from tidemark.reading.topics import Topics
from tidemark.settings.settings import Settings
from tidemark.workers.delivery import SINKS

# Where orders and refunds stand.
_FEEDS = (POS_ORDERS, ONLINE_ORDERS, REKEYED)
_TOPICS = (
    *_FEEDS,
    GIFTS,
    RELEASES,
    BENEFITS,
    REFUSALS,
    DEAD_LETTERS,
    DELIVERIES,
    NOTIFICATIONS,
    DEFINITIONS,
    AGGREGATE_CHANGELOG,
    *(route.changelog for route in SINKS.values()),
)


class Document(NamedTuple):
    """An order or a refund as it came. `source`: topic/partition/offset where it first stood; `topic`, `offset`: where it was read."""

    accepted: Accepted
    source: str
    topic: str
    offset: int


class Owner(NamedTuple):
    """A member, and the other ids that lead to his; None where nothing is known of him, or he was deleted."""

    member_id: str
    member: Member | None
    others: Sequence[str]
    deleted: bool = False

    @property
    def ids(self) -> Sequence[str]:
        """All that are his."""
        return [self.member_id, *self.others]


class Stored:
    """Made by `open_stored`. Everything raises BrokerUnavailable."""

    def __init__(self, client: AIOKafkaClient, settings: Settings, rulebook: Rulebook) -> None:
        self.client = client
        self.settings = settings
        self.topics = Topics(client)
        self.rulebook = rulebook
        # What is no longer kept, and from when on it is: said beside every answer.
        self.no_longer: list[str] = []
        self._of_member: dict[tuple[str, str], list[Record]] = {}

    def partitions(self) -> list[int]:
        """Of every topic."""
        return sorted(self.client.cluster.partitions_for_topic(self._full(GIFTS)) or ())

    def partition(self, member_id: str) -> int:
        """Where a member's documents meet, and what comes of them is put out."""
        return partition_of(member_id, len(self.partitions()))

    async def of_member(self, topic: str, member_id: str) -> list[Record]:
        """The records of an output topic that are a member's; read once, as they were when they were first asked for."""
        place = (topic, member_id)
        if place not in self._of_member:
            partition, key = self.partition(member_id), member_id.encode()
            self._of_member[place] = [record async for record in self.records(topic, partition) if record.key == key]
        return self._of_member[place]

    async def records(self, topic: str, partition: int) -> AsyncIterator[Record]:
        """All records of a partition; where its beginning is gone, that is noted."""
        place = (self._full(topic), partition)
        start, end = await self.topics.span(place)
        noted = start == 0
        async for record in self.topics.records(place, start, end):
            if not noted:
                noted = True
                self._note(f"{topic}: what came before {at_utc(record.timestamp_ms)} is gone by the topic's retention")
            yield record
        if not noted:
            self._note(f"{topic}: all that came so far is gone by the topic's retention")

    async def member(self, member_id: str) -> Member | None:
        """His record as the last turn left it; None where there is none."""
        return await read_member(self.topics, self._full(AGGREGATE_CHANGELOG), self.partition(member_id), member_id)

    async def owner(self, member_id: str) -> Owner:
        """Whose a member's id is now: of one that was merged, the member to whom it leads (spec 1.7)."""
        asked, seen = member_id, {member_id}
        member = await self.member(asked)
        while member is not None and member.leads_on and member.leads_to not in seen:
            asked = member.leads_to
            seen.add(asked)
            member = await self.member(asked)
        if asked != member_id:
            self._note(f"member {member_id} was merged into {asked}: what was not claimed is his, and his sum has both")
        if member is None or member.deleted:
            deleted = await self._was_deleted(asked, member)
            if deleted:
                self._note(f"member {asked} was deleted, and nothing of him is kept that the books do not need")
            return Owner(asked, None, [], deleted)
        return Owner(asked, member, [kin.member_id for kin in member.seldom.kin])

    async def _was_deleted(self, member_id: str, member: Member | None) -> bool:
        """Whether an id was; of one without a record by what is left of it in its partition. Raises Corrupt."""
        if member is not None:
            return member.deleted
        topic, partition = self._full(AGGREGATE_CHANGELOG), self.partition(member_id)
        return (await read_partition(self.topics, topic, partition, self.settings.keep_orders_ms())).table.was_deleted(
            member_id, None
        )

    async def table(self, partition: int) -> PartitionTable:
        """The state of a partition. Raises Corrupt."""
        topic = self._full(AGGREGATE_CHANGELOG)
        table = (await read_partition(self.topics, topic, partition, self.settings.keep_orders_ms())).table
        oldest_ms = table.clock.now_ms - self.settings.keep_orders_ms()
        self._note(f"orders: what each counted for is kept for those that came since {at_utc(oldest_ms)}")
        return table

    async def documents(self, member_id: str, seed: int) -> list[Document]:
        """The member's orders and refunds that the feeds still hold, as they came. `seed`: of his partition."""
        partition = self.partition(member_id)
        found: list[Document] = []
        for topic in _FEEDS:
            mine = [record async for record in self.records(topic, partition) if _may_be_of(record, member_id)]
            found += self._read(topic, partition, mine, seed, member_id)
        return found

    def _read(self, topic: str, partition: int, records: Sequence[Record], seed: int, member_id: str) -> Iterator[Document]:
        settings = self.settings.folding()
        judged_by = judging(settings.limits, self.rulebook)
        for record in records:
            source = source_of(Incoming(topic, record), partition)
            try:
                document = decode(record.value, settings.limits, settings.zones.get(feed_of(source)))
                if not isinstance(document, Purchase | Refund) or document.member_id != member_id:
                    continue
                received_at = document.received_at
                received_ms = header_ms(record, RECEIVED_HEADER) if received_at is None else epoch_ms(received_at)
                accepted = accept(document, received_ms, judged_by, seed)
            except (Malformed, PassedOver, InvalidDocument):
                # It was applied nowhere, and is among the dead letters.
                continue
            yield Document(accepted, source, topic, record.offset)

    def _full(self, topic: str) -> str:
        return self.settings.prefix + topic

    def _note(self, said: str) -> None:
        if said not in self.no_longer:
            self.no_longer.append(said)


def _may_be_of(record: Record, member_id: str) -> bool:
    """Whether a document may be a member's, without reading it: his id stands in it, or it may be written as JSON may write it too."""
    if record.key == member_id.encode():
        return True
    return record.value is not None and (member_id.encode() in record.value or b"\\u" in record.value)


@asynccontextmanager
async def open_stored(settings: Settings) -> AsyncIterator[Stored]:
    """What is stored, with the definitions as they are now. Raises BrokerUnavailable, NewerFormat."""
    client = await open_client(settings.connection(), "tidemark-explain")
    try:
        await settled(client, [settings.prefix + topic for topic in _TOPICS])
        definitions = Definitions(client, settings.prefix + DEFINITIONS, closes_after_ms=settings.keep_orders_ms())
        await definitions.read_to_end()
        yield Stored(client, settings, definitions.rulebook)
    finally:
        await client.close()
