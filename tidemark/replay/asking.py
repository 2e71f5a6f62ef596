"""What a replay asks of its broker: again, while what keeps the answer away passes by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

_Answer = TypeVar("_Answer")

# A broker that is slow or away, a coordinator or leader that is on its way, and metadata older or newer than the one that answers.
_PASSING = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._WAIT_COORD,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
    }
)
_TRY_SECONDS = 10.0
_TIMEOUT_SECONDS = 60.0
_AGAIN_SECONDS = 0.2


def passes(error: KafkaError) -> bool:
    """Whether waiting mends it: the client, or the broker, is about to find its way."""
    return error.code() in _PASSING


def committed(consumer: Consumer, places: Sequence[TopicPartition]) -> list[TopicPartition]:
    """What its group has committed of each place. Raises KafkaException."""
    return _patiently(lambda: list(consumer.committed(list(places), timeout=_TRY_SECONDS)))


def end_of(consumer: Consumer, place: TopicPartition) -> int:
    """The offset of what is written next to a partition. Raises KafkaException."""
    return _patiently(lambda: int(consumer.get_watermark_offsets(place, timeout=_TRY_SECONDS)[1]))


def _patiently(ask: Callable[[], _Answer]) -> _Answer:
    give_up_at = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        try:
            return ask()
        except KafkaException as error:
            if not passes(error.args[0]) or time.monotonic() > give_up_at:
                raise
        time.sleep(_AGAIN_SECONDS)
