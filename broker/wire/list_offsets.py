"""Where partitions begin and end, asked of a leader by its epoch: ListOffsets in a version that aiokafka does not have (KIP-320)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiokafka.errors import UnsupportedVersionError
from aiokafka.protocol.api import RequestStruct
from aiokafka.protocol.offset import OffsetRequest, OffsetResponse_v4
from aiokafka.protocol.types import Array, Int8, Int32, Int64, Schema, String

_VERSION = 4


class _Question(RequestStruct):  # type: ignore[misc]
    API_KEY = 2
    API_VERSION = _VERSION
    RESPONSE_TYPE = OffsetResponse_v4
    SCHEMA = Schema(
        ("replica_id", Int32),
        ("isolation_level", Int8),
        (
            "topics",
            Array(
                ("topic", String("utf-8")),
                ("partitions", Array(("partition", Int32), ("current_leader_epoch", Int32), ("timestamp", Int64))),
            ),
        ),
    )


class OffsetsRequest(OffsetRequest):  # type: ignore[misc]
    """(topic, (partition, epoch of its leader or -1, time in epoch ms or EARLIEST or LATEST)…)…"""

    def __init__(self, isolation: int, topics: Sequence[tuple[str, Sequence[tuple[int, int, int]]]]) -> None:
        super().__init__(-1, isolation, topics)

    def prepare(self, versions: dict[int, tuple[int, int]]) -> Any:
        """The request as the connection sends it. Raises UnsupportedVersionError."""
        lowest, highest = versions.get(self.API_KEY, (0, 0))
        if not lowest <= _VERSION <= highest:
            raise UnsupportedVersionError(
                f"the broker does not speak version {_VERSION} of ListOffsets: Kafka 2.3 or later is needed"
            )
        return self.build(_Question)
