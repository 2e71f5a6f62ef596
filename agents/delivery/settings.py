"""How a sink is delivered to."""

from __future__ import annotations

from typing import NamedTuple


class DeliverySettings(NamedTuple):
    """`turn_records`: of one partition, given before they are committed. `record_bytes`: larger ones are bad input.
    `retry_seconds`, `most_retry_seconds`: the pause after a sink was found down, doubled each time up to the most.
    """

    turn_records: int
    record_bytes: int
    retry_seconds: float
    most_retry_seconds: float
