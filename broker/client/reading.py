"""Reading a partition through, from one offset to another, however its leaders move."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from aiokafka.errors import KafkaError

from broker.client.connection import BrokerUnavailable
from broker.client.fetch import Fetched, Fetcher
from broker.client.offsets import Place, leaders
from broker.client.retries import Backoff, Said

_WAIT_MS = 100


async def read_through(
    fetcher: Fetcher, place: Place, position: int, end: int, deadline_seconds: float, wait_ms: int = _WAIT_MS
) -> AsyncIterator[Fetched]:
    """All that stands from `position` on and before `end`, and perhaps more.

    Raises BrokerUnavailable where nothing came for `deadline_seconds`; PositionLost.
    """
    backoff, said = Backoff(), Said("read_again")
    give_up_at = time.monotonic() + deadline_seconds
    while position < end:
        reason = "no leader is known"
        try:
            for node in leaders(fetcher.client, [place]):
                reason = "nothing came"
                for part in await fetcher.fetch(node, {place: position}, wait_ms):
                    position = part.next_offset
                    reason = ""
                    yield part
        except KafkaError as error:
            reason = repr(error)
        if not reason:
            give_up_at = time.monotonic() + deadline_seconds
            backoff.reset()
            await asyncio.sleep(0)
            continue
        if time.monotonic() > give_up_at:
            raise BrokerUnavailable(
                f"{place[0]}/{place[1]} cannot be read from offset {position} on to {end}: {deadline_seconds:g} s without an answer "
                f"({reason}): look whether the partition has a leader; the worker starts again by its supervisor"
            )
        if reason != "nothing came":
            said.warn(topic=place[0], partition=place[1], position=position, end=end, reason=reason)
            await fetcher.client.force_metadata_update()
        await asyncio.sleep(backoff.seconds())
