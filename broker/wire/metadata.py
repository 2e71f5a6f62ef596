"""Metadata that tell leaders' epochs, in a version that aiokafka does not have (KIP-320)."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest, MetadataRequest_v5, MetadataResponse_v5
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

_VERSION = 7


class PartitionRow(NamedTuple):
    """A partition: its first five fields stand as aiokafka reads them."""

    error: int
    partition: int
    leader: int
    replicas: list[int]
    isr: list[int]
    epoch: int


class TopicRow(NamedTuple):
    """A topic, as aiokafka reads it."""

    error: int
    name: str
    internal: bool
    partitions: list[PartitionRow]


class _Answer(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = _VERSION
    SCHEMA = Schema(
        *list(zip(MetadataResponse_v5.SCHEMA.names, MetadataResponse_v5.SCHEMA.fields, strict=True))[:-1],
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
            ),
        ),
    )


class _Question(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = _VERSION
    RESPONSE_TYPE = _Answer
    SCHEMA = MetadataRequest_v5.SCHEMA


class EpochsRequest(MetadataRequest):  # type: ignore[misc]
    """aiokafka's, in a version that tells epochs; of a broker that does not speak it, in one that does not."""

    def prepare(self, versions: dict[int, tuple[int, int]]) -> Any:
        """The request as the connection sends it."""
        lowest, highest = versions.get(self.API_KEY, (0, 0))
        return self.build(_Question) if lowest <= _VERSION <= highest else super().prepare(versions)


def topic_rows(answer: Any) -> list[TopicRow] | None:
    """The topics of an answer; None where it tells no epochs."""
    if answer.API_VERSION != _VERSION:
        return None
    return [
        TopicRow(
            error,
            name,
            internal,
            [PartitionRow(error, number, leader, replicas, isr, epoch) for error, number, leader, epoch, replicas, isr, _ in rows],
        )
        for error, name, internal, rows in answer.topics
    ]
