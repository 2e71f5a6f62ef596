"""How far a group is."""

from __future__ import annotations

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

# Of a group of which the coordinator is on its way: the first one of a broker that has just started, or one that moves.
_PASSING = (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS)
_AGAIN_SECONDS = 0.2


def committed(consumer: Consumer, places: Sequence[TopicPartition], timeout_seconds: float) -> list[TopicPartition]:
    """What its group has committed of each place. Raises KafkaException."""
    give_up_at = time.monotonic() + timeout_seconds
    while True:
        try:
            return list(consumer.committed(list(places), timeout=timeout_seconds))
        except KafkaException as error:
            if error.args[0].code() not in _PASSING or time.monotonic() > give_up_at:
                raise
        time.sleep(_AGAIN_SECONDS)
