"""Each attempt to give what a record holds to a sink, as it was told on `deliveries` (spec 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from sinks.sink import KNOWN, TAKEN
from sinks.topics.cloudevents import SEQUENCE, SOURCE
from sinks.topics.formats import Attempted
from streams.topics import DELIVERIES
from tidemark.explaining.stored import Stored

_attempted = msgspec.json.Decoder(Attempted).decode


class Attempt(Struct, omit_defaults=True):
    """`came`: `taken`, `known` (the sink had it before), `refused`, `waiting` (the sink was found down before it was sent), else a status,
    or the name of an error. `next_at`: when it was to be tried again.
    """

    at: str
    came: str
    next_at: str | None = None


async def read_attempts(stored: Stored, partition: int) -> list[Attempted]:
    """All that was told of a partition, in its order; what was published twice once. Raises BrokerUnavailable."""
    told: dict[tuple[bytes | None, bytes | None], Attempted] = {}
    async for record in stored.records(DELIVERIES, partition):
        if record.value is not None:
            headers = dict(record.headers)
            told[headers.get(SOURCE), headers.get(SEQUENCE)] = _attempted(record.value)
    return list(told.values())


def attempts_of(told: Sequence[Attempted], sink: str, topic: str, partition: int, offset: int, gift: int) -> list[Attempt]:
    """Those at a record, of a gift of its grant (its place, from 1), at one sink."""
    found: list[Attempt] = []
    for each in told:
        first, last = each.records.get(topic, (0, -1))
        if each.sink == sink and first <= offset <= last:
            found += _of(each, f"{topic}/{partition}/{offset}", gift, done=any(has_it(one) for one in found))
    return found


def has_it(attempt: Attempt) -> bool:
    """Whether the sink had it from then on."""
    return attempt.came in (TAKEN, KNOWN)


def _of(told: Attempted, source: str, gift: int, *, done: bool) -> list[Attempt]:
    """`done`: whether the sink had it before."""
    apart = [Attempt(each.at, each.came) for each in told.apart if each.source == source and each.gift in (0, gift)]
    if done:
        return apart
    if not told.by_message:
        found = [Attempt(each.at, each.error) for each in told.failed] + apart
    elif told.settled_at is None and not apart:
        found = [Attempt(each.at, "waiting") for each in told.failed[-1:]]
    else:
        found = apart
    ended = bool(apart) and (has_it(apart[-1]) or apart[-1].came == "refused")
    if told.settled_at is None:
        if found and not ended:
            found[-1].next_at = told.next_at
    elif not ended:
        found.append(Attempt(told.settled_at, TAKEN))
    return found
