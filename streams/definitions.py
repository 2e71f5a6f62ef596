"""Definitions as they stand on their topic: read to its end by every worker before its first turn, and followed (spec 2.5).

Each record's key is its own (kind/code/version/publisher's nonce), so that compaction keeps every one of them. A version's *ref*, by which
state is kept, is its number among all records on the topic that have a value, readable or not: so it is the same where the topic was
copied with other offsets, and for a release that reads what an older one could not. Of two with one kind, code and version, the first on
the topic wins.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, LeaderNotAvailableError

from broker.client.fetch import Fetched, Fetcher
from broker.client.offsets import EARLIEST, LATEST, leaders, offsets
from broker.client.reading import read_through
from broker.client.retries import Backoff, Said, patiently
from broker.wire.records import Record, UnreadableBatch
from rules.definitions.saved import NewerFormat, Saved, UnreadableSaved, read_saved
from rules.rulebook.rulebook import Rulebook
from rules.state import KEEP_DAYS, NEVER_MS

_log = structlog.get_logger()

_FETCH_BYTES = 4 * 1024 * 1024
_WAIT_MS = 500
# While its leader does not answer, who leads the topic is looked up again so often.
_LOOK_SECONDS = 1.0
# The brokers have so long to let a worker read definitions before its first turn.
_DEADLINE_SECONDS = 60.0


class Versions:
    """Every version that was read, with its ref, in the order of the topic. `next_ref`: of the next record."""

    def __init__(self) -> None:
        self.unreadable = 0
        self._read: dict[tuple[str, str, int], tuple[int, Saved]] = {}
        self.next_ref = 0
        self._keys: set[bytes | None] = set()

    def __iter__(self) -> Iterator[tuple[int, Saved]]:
        return iter(self._read.values())

    def __len__(self) -> int:
        return len(self._read)

    def __contains__(self, place: tuple[str, str, int]) -> bool:
        return place in self._read

    def __getitem__(self, place: tuple[str, str, int]) -> Saved:
        """The version of a kind, code and number."""
        return self._read[place][1]

    def take(self, records: Sequence[Record]) -> None:
        """The next records of the topic. Raises NewerFormat, which ends a worker before it comes into force."""
        for record in records:
            if isinstance(record, UnreadableBatch):
                # Every offset of it is a ref that is left out, as it is by whoever reads them.
                self.unreadable += 1
                self.next_ref += record.offset - record.first_offset + 1
                _log.error("definition_unreadable", offset=record.first_offset, ref=self.next_ref - 1, reason=record.why)
                continue
            if record.value is None or record.key in self._keys:
                # Compaction will take a record away that is counted, and every ref after it would be another.
                _log.error("definition_overwritten", offset=record.offset, key=repr(record.key))
            self._keys.add(record.key)
            if record.value is None:
                continue
            ref = self.next_ref
            self.next_ref += 1
            try:
                saved = read_saved(record.value, record.timestamp_ms)
            except UnreadableSaved as error:
                self.unreadable += 1
                _log.error("definition_unreadable", offset=record.offset, ref=ref, reason=str(error))
                continue
            except NewerFormat as error:
                raise NewerFormat(f"{error} (record {record.offset} of the definitions topic)") from None
            self._read.setdefault((saved.kind, saved.code, saved.version), (ref, saved))


class _LeaderMoved(Exception):
    """Another broker leads the topic than the one that is being asked."""


def _nobody(_rulebook: Rulebook, _unreadable: int) -> None:
    """Is told of nothing."""


class Definitions:
    """A view of the definitions topic."""

    def __init__(
        self,
        client: AIOKafkaClient,
        topic: str,
        changed: Callable[[Rulebook, int], None] = _nobody,
        closes_after_ms: int = NEVER_MS,
        keep_days: int = KEEP_DAYS,
    ) -> None:
        """`changed`: is told of every new rulebook, and how many records could not be read. `closes_after_ms`: how long after an activity
        is over its books close. `keep_days`: see Rulebook.
        """
        self._keep_days = keep_days
        self._fetcher = Fetcher(client, _FETCH_BYTES, _FETCH_BYTES)
        self._place = (topic, 0)
        self._position = -1
        self._changed = changed
        self._closes_after_ms = closes_after_ms
        self._seen_at = 0.0
        self._heard = asyncio.Event()
        self._records = 0
        self._said: set[int] = set()
        self._awaited = Said("definitions_awaited")
        # Why the view grows old; "" while it does not.
        self.silence = ""
        self.versions = Versions()
        self.rulebook = Rulebook([])

    def age_seconds(self) -> float:
        """How long ago the topic was last known to be read to its end."""
        return time.monotonic() - self._seen_at

    async def fresh(self, max_seconds: float) -> None:
        """Waits until the view is at most that old; says what it waits for."""
        while self.age_seconds() > max_seconds:
            self._awaited.warn(age_seconds=round(self.age_seconds(), 1), reason=self.silence or "it was read that long ago")
            self._heard.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), _LOOK_SECONDS)

    async def read_to_end(self) -> None:
        """Reads all that stands on the topic now. Raises BrokerUnavailable where it does not come, NewerFormat."""
        client = self._fetcher.client
        if self._position < 0:
            first = await patiently(lambda: offsets(client, [self._place], EARLIEST), "where definitions begin", _DEADLINE_SECONDS)
            self._position = first[self._place]
        last = await patiently(lambda: offsets(client, [self._place], LATEST), "where definitions end", _DEADLINE_SECONDS)
        started = time.monotonic()
        async for part in read_through(self._fetcher, self._place, self._position, last[self._place], _DEADLINE_SECONDS):
            self._take(part)
        self._seen_at = started
        self._compile()

    async def follow(self) -> None:
        """Keeps the view fresh until cancelled; a broker that does not answer makes it grow old. Raises NewerFormat."""
        backoff, said = Backoff(), Said("definitions_retried")
        while True:
            try:
                started = time.monotonic()
                records = self._records
                await self._fetch()
                if self._records != records:
                    self._compile()
                    _log.info("definitions_changed", versions=len(self.versions))
                self._seen_at = started
                self.silence = ""
                self._heard.set()
                backoff.reset()
            except _LeaderMoved:
                continue
            except KafkaError as error:
                self.silence = self.silence or f"{self._place[0]} could not be read: {error!r}"
                said.warn(reason=repr(error))
                self._fetcher.client.force_metadata_update()
                await asyncio.sleep(backoff.seconds())

    def _compile(self) -> None:
        """The rulebook of what was read; says which versions are left out of it, each once."""
        self.rulebook = Rulebook(self.versions, self.rulebook, self._closes_after_ms, self._keep_days)
        for each in self.rulebook.left_out:
            if each.ref in self._said:
                continue
            self._said.add(each.ref)
            saved = each.saved
            _log.error(
                "definition_left_out", kind=saved.kind, code=saved.code, version=saved.version, ref=each.ref, reason=each.fault
            )
        self._changed(self.rulebook, self.versions.unreadable)

    async def _fetch(self) -> None:
        """Reads on, waiting a little for something new. Raises KafkaError, _LeaderMoved."""
        node = self._leader()
        if node is None:
            raise LeaderNotAvailableError(f"no leader for {self._place}")
        fetching = asyncio.create_task(self._fetcher.fetch(node, {self._place: self._position}, _WAIT_MS))
        try:
            while not (await asyncio.wait({fetching}, timeout=_LOOK_SECONDS))[0]:
                # Only who leads the topic knows where it ends, so that no other broker's answer would make the view younger.
                self.silence = f"broker {node}, which leads {self._place[0]}, does not answer"
                self._fetcher.client.force_metadata_update()
                if self._leader() not in (node, None):
                    raise _LeaderMoved
            for part in fetching.result():
                self._take(part)
        finally:
            fetching.cancel()

    def _leader(self) -> int | None:
        """Who leads the topic, as far as is known."""
        (node,) = leaders(self._fetcher.client, [self._place]) or (None,)
        return node

    def _take(self, part: Fetched) -> None:
        """Takes the definitions that were read. Raises NewerFormat."""
        self._position = part.next_offset
        self._records += len(part.records)
        self.versions.take(part.records)
