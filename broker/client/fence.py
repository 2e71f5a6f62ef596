"""One owner a partition, enforced by the broker: a transactional id whose newest epoch alone may write (KIP-98, KIP-360)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import (
    ConcurrentTransactions,
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    InvalidProducerEpoch,
    KafkaError,
    KafkaStorageError,
    LeaderNotAvailableError,
    NoError,
    NotCoordinatorError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    NotLeaderForPartitionError,
    ProducerFenced,
    RequestTimedOutError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.transaction import InitProducerIdRequest
from aiokafka.protocol.types import CompactString, Int16, Int32, Int64, Schema, TaggedFields

from broker.client.produce import Fenced, Identity, WriteFailed
from broker.client.retries import Backoff, Said

_TRANSACTION_TIMEOUT_MS = 60_000
_PASSING = (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
    ConcurrentTransactions,
    # Its own log has too few in-sync replicas, or they do not answer: an election is under way.
    RequestTimedOutError,
    NotEnoughReplicasError,
    NotEnoughReplicasAfterAppendError,
    LeaderNotAvailableError,
    NotLeaderForPartitionError,
    UnknownTopicOrPartitionError,
    KafkaStorageError,
)


class FencedWhenAskedAgain(Fenced):
    """A try whose answer was lost may have been the other owner: brokers that were started anew no longer know it for the same."""


class _Renewed(Response):  # type: ignore[misc]
    API_KEY = 22
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )


class _Renew(RequestStruct):  # type: ignore[misc]
    API_KEY = 22
    API_VERSION = 3
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Renewed
    SCHEMA = Schema(
        ("transactional_id", CompactString("utf-8")),
        ("transaction_timeout_ms", Int32),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )


class _RenewProducerId(Request[_Renew]):  # type: ignore[misc]
    """InitProducerId of KIP-360, which aiokafka does not have: the next epoch, for whoever has the newest one only."""

    API_KEY = 22

    def __init__(self, transactional_id: str, held: Identity) -> None:
        self._fields: tuple[Any, ...] = (transactional_id, _TRANSACTION_TIMEOUT_MS, held.producer_id, held.epoch, {})

    def build(self, request_struct_class: type[_Renew]) -> _Renew:
        return request_struct_class(*self._fields)


async def acquire(client: AIOKafkaClient, transactional_id: str | None, deadline_seconds: float) -> Identity:
    """A new epoch of the id: from the first batch it writes to a partition, the broker refuses every earlier epoch there.

    Without an id: a producer id of one's own, for what no partition's owner is asked about. Raises WriteFailed past the deadline.
    """
    return await _ask(client, InitProducerIdRequest(transactional_id, _TRANSACTION_TIMEOUT_MS), transactional_id, deadline_seconds)


async def renew(client: AIOKafkaClient, transactional_id: str, held: Identity, deadline_seconds: float) -> Identity:
    """The next epoch of an id that is ours, so that the broker goes on remembering it. Nothing may be under way with the one held.

    Raises Fenced where another owner has taken it, or where the broker has forgotten it by now: FencedWhenAskedAgain where that may
    have been a try of this call; WriteFailed past the deadline.
    """
    return await _ask(client, _RenewProducerId(transactional_id, held), transactional_id, deadline_seconds)


async def _ask(client: AIOKafkaClient, request: Request[Any], transactional_id: str | None, deadline_seconds: float) -> Identity:
    """Sends until the coordinator of the id answers."""
    give_up_at = time.monotonic() + deadline_seconds
    # A coordinator that was just started or elected needs a moment to read its log.
    backoff, said = Backoff(), Said("producer_id_asked_again", passing_seconds=2.0)
    fenced = Fenced
    while True:
        try:
            if transactional_id is None:
                response = await client.send(client.get_random_node(), request)
            else:
                node = await client.coordinator_lookup(CoordinationType.TRANSACTION, transactional_id)
                response = await client.send(node, request, group=ConnectionGroup.COORDINATION)
            error_type = for_code(response.error_code)
            if error_type is NoError:
                return Identity(response.producer_id, response.producer_epoch)
            if error_type in (InvalidProducerEpoch, ProducerFenced):
                raise fenced(f"{transactional_id} has another owner")
            if error_type not in _PASSING:
                raise WriteFailed(f"no producer id for {transactional_id}: {error_type.__name__}: {error_type.description}")
            reason = error_type.__name__
        except KafkaError as error:
            reason = repr(error)
        if time.monotonic() > give_up_at:
            raise WriteFailed(f"no producer id for {transactional_id} within {deadline_seconds} s: {reason}")
        said.warn(id=transactional_id, reason=reason)
        # A coordinator that refuses because its own log was not written in time may have written it yet.
        fenced = FencedWhenAskedAgain
        await asyncio.sleep(backoff.seconds())
        await client.force_metadata_update()
