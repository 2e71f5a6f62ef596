"""Fetch and Produce as a busy worker sends them: made and read with a few `struct` calls.

aiokafka encodes and decodes field by field, which was a quarter of a small turn's CPU (measured). A broker that does not know this
version of Produce gets aiokafka's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from struct import Struct
from typing import Any, NamedTuple

from aiokafka.errors import UnsupportedVersionError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.produce import ProduceRequest

_HEADER = Struct(">hhih")
_CORRELATION = Struct(">i")
_SHORT = Struct(">h")
_INT = Struct(">i")
_NO_TRANSACTION_ACKS_ALL = b"\xff\xff\xff\xff"
_PRODUCED = Struct(">ihqqq")
# Partition, error, high watermark, last stable offset, first offset, and how many transactions were aborted.
_FETCHED = Struct(">ihqqqi")
_ABORTED = Struct(">qq")
_COMMITTED_ONLY = 1
_FETCH_START = Struct(">iiiibiii")
_PRODUCE_VERSION = 7
_FETCH_VERSION = 11


class _Header(NamedTuple):
    """A response's or request's header, as aiokafka's connection handles it."""

    correlation_id: int
    data: bytes = b""

    def encode(self) -> bytes:
        return self.data


class _Frame:
    """A request as bytes; what aiokafka's connection asks of a RequestStruct."""

    def __init__(self, api_key: int, api_version: int, body: bytes, response: Any) -> None:
        self.RESPONSE_TYPE = response
        self._api_key = api_key
        self._api_version = api_version
        self._body = body

    def build_request_header(self, correlation_id: int, client_id: str) -> _Header:
        client = client_id.encode()
        return _Header(correlation_id, _HEADER.pack(self._api_key, self._api_version, correlation_id, len(client)) + client)

    def encode(self) -> bytes:
        return self._body

    def parse_response_header(self, response: BytesIO) -> _Header:
        return _Header(*_CORRELATION.unpack(response.read(4)))


class Produced(NamedTuple):
    """The response: by topic, (partition, error code, base offset, timestamp, first offset) of each batch."""

    topics: list[tuple[str, list[tuple[int, int, int, int, int]]]]

    @classmethod
    def decode(cls, response: BytesIO) -> Produced:
        data = response.read()
        topics = []
        at = 4
        for _ in range(_INT.unpack_from(data)[0]):
            topic, at = _topic(data, at)
            (count,) = _INT.unpack_from(data, at)
            end = at + 4 + count * _PRODUCED.size
            topics.append((topic, list(_PRODUCED.iter_unpack(data[at + 4 : end]))))
            at = end
        return cls(topics)


class FetchedPartition(NamedTuple):
    """Of one partition: `end_offset`: where what is committed ends, the last stable offset. `aborted`: (producer id, first offset) of each
    transaction that was aborted, in what came.
    """

    partition: int
    error_code: int
    end_offset: int
    aborted: Sequence[tuple[int, int]]
    data: bytes


class FetchedBatches(NamedTuple):
    """The response, by topic."""

    topics: list[tuple[str, list[FetchedPartition]]]

    @classmethod
    def decode(cls, response: BytesIO) -> FetchedBatches:
        data = response.read()
        topics = []
        # After throttle time, error code and session.
        at = 14
        for _ in range(_INT.unpack_from(data, 10)[0]):
            topic, at = _topic(data, at)
            partitions = []
            (count,) = _INT.unpack_from(data, at)
            at += 4
            for _ in range(count):
                partition, code, high_watermark, stable_offset, _first, count_aborted = _FETCHED.unpack_from(data, at)
                at += _FETCHED.size
                aborted: Sequence[tuple[int, int]] = ()
                if count_aborted > 0:
                    start, at = at, at + count_aborted * _ABORTED.size
                    aborted = list(_ABORTED.iter_unpack(data[start:at]))
                # Past the preferred replica.
                (length,) = _INT.unpack_from(data, at + 4)
                at += 8
                # A broker without transactions may leave the last stable offset out.
                end_offset = stable_offset if stable_offset >= 0 else high_watermark
                batches = data[at : at + length] if length > 0 else b""
                partitions.append(FetchedPartition(partition, code, end_offset, aborted, batches))
                at += max(0, length)
            topics.append((topic, partitions))
        return cls(topics)


class LeanProduce(ProduceRequest):  # type: ignore[misc]
    """acks=all, idempotent, not transactional: (topic, (partition, batch)…)…"""

    def __init__(self, timeout_ms: int, topics: Sequence[tuple[str, Sequence[tuple[int, bytes]]]]) -> None:
        super().__init__(transactional_id=None, required_acks=-1, timeout=timeout_ms, topics=topics)

    def prepare(self, versions: dict[int, tuple[int, int]]) -> Any:
        """The request as the connection sends it."""
        if not _speaks(versions, self.API_KEY, _PRODUCE_VERSION):
            return super().prepare(versions)
        parts = [_NO_TRANSACTION_ACKS_ALL, _INT.pack(self._timeout), _INT.pack(len(self._topics))]
        for topic, partitions in self._topics:
            parts += (_string(topic), _INT.pack(len(partitions)))
            for partition, batch in partitions:
                parts += (_INT.pack(partition), _INT.pack(len(batch)), batch)
        return _Frame(self.API_KEY, _PRODUCE_VERSION, b"".join(parts), Produced)


class LeanFetch(FetchRequest):  # type: ignore[misc]
    """Only what is committed, without a session: (topic, (partition, epoch of its leader or -1, offset, most bytes)…)…"""

    def __init__(self, wait_ms: int, max_bytes: int, topics: Sequence[tuple[str, Sequence[tuple[int, int, int, int]]]]) -> None:
        super().__init__(wait_ms, 1, max_bytes, _COMMITTED_ONLY, topics)
        self._limits = (wait_ms, max_bytes)

    def prepare(self, versions: dict[int, tuple[int, int]]) -> Any:
        """The request as the connection sends it. Raises UnsupportedVersionError: an older broker may not tell what was aborted."""
        if not _speaks(versions, self.API_KEY, _FETCH_VERSION):
            raise UnsupportedVersionError(
                f"the broker does not speak version {_FETCH_VERSION} of Fetch: Kafka 2.3 or later is needed"
            )
        wait_ms, max_bytes = self._limits
        parts = [_FETCH_START.pack(-1, wait_ms, 1, max_bytes, _COMMITTED_ONLY, 0, -1, len(self._topics))]
        for topic, partitions in self._topics:
            fields = [field for partition, epoch, offset, most in partitions for field in (partition, epoch, offset, -1, most)]
            parts += (_string(topic), Struct(">i" + "iiqqi" * len(partitions)).pack(len(partitions), *fields))
        # No topics forgotten, no rack.
        parts.append(b"\0\0\0\0\0\0")
        return _Frame(self.API_KEY, _FETCH_VERSION, b"".join(parts), FetchedBatches)


def _speaks(versions: dict[int, tuple[int, int]], api_key: int, version: int) -> bool:
    lowest, highest = versions.get(api_key, (0, 0))
    return lowest <= version <= highest


def _string(text: str) -> bytes:
    data = text.encode()
    return _SHORT.pack(len(data)) + data


def _topic(data: bytes, at: int) -> tuple[str, int]:
    """A topic's name, and where it ends."""
    start = at + 2
    end = start + _SHORT.unpack_from(data, at)[0]
    return data[start:end].decode(), end
