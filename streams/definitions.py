"""Definitions as they stand on their topic: read to its end by every worker before its first turn, and followed (spec 2.5).

Each record's key is its own (kind/code/version/publisher's nonce), so that compaction keeps every one of them and a record's offset is
its ref for good; of two with one kind, code and version, the first on the topic wins.
"""

from __future__ import annotations

import asyncio
import time

import msgspec
import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from broker.client.fetch import EARLIEST, LATEST, Fetcher
from rules.definitions.shapes import Saved
from rules.rulebook.rulebook import Rulebook

_log = structlog.get_logger()

_FETCH_BYTES = 4 * 1024 * 1024
_WAIT_MS = 500
_RETRY_SECONDS = 0.5

_decoder = msgspec.json.Decoder(Saved)


class Definitions:
    """A view of the definitions topic. Refs are offsets on it."""

    def __init__(self, client: AIOKafkaClient, topic: str) -> None:
        self._fetcher = Fetcher(client, _FETCH_BYTES, _FETCH_BYTES)
        self._place = (topic, 0)
        self._position = -1
        self._versions: dict[tuple[str, str, int], tuple[int, Saved]] = {}
        self._seen_at = 0.0
        self._heard = asyncio.Event()
        self.rulebook = Rulebook([])

    def versions(self) -> list[tuple[int, Saved]]:
        """Every version with its ref, in the order in which they were saved."""
        return list(self._versions.values())

    async def fresh(self, max_seconds: float) -> None:
        """Waits until the view is at most that old."""
        while time.monotonic() - self._seen_at > max_seconds:
            self._heard.clear()
            await self._heard.wait()

    async def read_to_end(self) -> None:
        """Reads all that stands on the topic now. Raises KafkaError."""
        if self._position < 0:
            self._position = (await self._fetcher.offsets([self._place], EARLIEST))[self._place]
        end = (await self._fetcher.offsets([self._place], LATEST))[self._place]
        started = time.monotonic()
        known = len(self._versions)
        while self._position < end:
            await self._fetch()
        self._seen_at = started
        if len(self._versions) != known or known == 0:
            self.rulebook = Rulebook(self.versions())

    async def follow(self) -> None:
        """Keeps the view fresh until cancelled; a broker that does not answer makes it grow old."""
        while True:
            try:
                started = time.monotonic()
                known = len(self._versions)
                await self._fetch()
                self._seen_at = started
                self._heard.set()
                if len(self._versions) != known:
                    self.rulebook = Rulebook(self.versions())
                    _log.info("definitions_changed", versions=len(self._versions))
            except KafkaError as error:
                _log.warning("definitions_retried", reason=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _fetch(self) -> None:
        """Reads on, waiting a little for something new."""
        (node,) = self._fetcher.leaders([self._place]) or (None,)
        if node is None:
            raise KafkaError(f"no leader for {self._place}")
        for part in await self._fetcher.fetch(node, {self._place: self._position}, _WAIT_MS):
            self._position = part.next_offset
            for record in part.records:
                if record.value is None:
                    continue
                try:
                    saved = _decoder.decode(record.value)
                except msgspec.DecodeError:
                    _log.exception("definition_unreadable", offset=record.offset)
                    continue
                saved = msgspec.structs.replace(saved, saved_at_ms=record.timestamp_ms)
                self._versions.setdefault((saved.kind, saved.code, saved.version), (record.offset, saved))
