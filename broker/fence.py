"""One owner a partition, enforced by the broker: a transactional id whose newest epoch alone may write (KIP-98, KIP-360)."""

from __future__ import annotations

import asyncio
import time

from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import (
    ConcurrentTransactions,
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
    for_code,
)
from aiokafka.protocol.transaction import InitProducerIdRequest

from broker.produce import Identity, WriteFailed

_RETRY_SECONDS = 0.1
_TRANSACTION_TIMEOUT_MS = 60_000
_PASSING = (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError, ConcurrentTransactions)


async def acquire(client: AIOKafkaClient, transactional_id: str | None, deadline_seconds: float) -> Identity:
    """A new epoch of the id: from the first batch it writes to a partition, the broker refuses every earlier epoch there.

    Without an id: a producer id of one's own, for what no partition's owner is asked about. Raises WriteFailed past the deadline.
    """
    give_up_at = time.monotonic() + deadline_seconds
    request = InitProducerIdRequest(transactional_id, _TRANSACTION_TIMEOUT_MS)
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
            if error_type not in _PASSING:
                raise WriteFailed(f"no producer id for {transactional_id}: {error_type.__name__}: {error_type.description}")
            reason = error_type.__name__
        except KafkaError as error:
            reason = repr(error)
        if time.monotonic() > give_up_at:
            raise WriteFailed(f"no producer id for {transactional_id} within {deadline_seconds} s: {reason}")
        await asyncio.sleep(_RETRY_SECONDS)
        await client.force_metadata_update()
