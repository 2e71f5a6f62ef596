"""What goes from partition to partition of members who became one, in a replay: all of it is taken before the next line (spec 1.7, 6)."""

from __future__ import annotations

from collections.abc import Callable

from agents.fold.fold import take_led
from agents.fold.limited import take_message
from agents.turns.turn import Turn
from broker.wire.records import Record
from streams.limited import encode_limited
from streams.moved import Led


def take_sent(turn: Turn, turn_of: Callable[[int], Turn]) -> None:
    """Takes what a turn has sent, and what is sent of that. `turn_of`: by partition, the turn that is open. Raises TooManyErrors."""
    waiting, turn.sent = turn.sent, []
    while waiting:
        partition, message = waiting.pop(0)
        there = turn_of(partition)
        # By the documents' clock, when a record was appended means nothing.
        time_ms = message.received_ms if isinstance(message, Led) else there.clock.now_ms
        record = Record(0, time_ms, None, encode_limited(message), [])
        take_message(there, message, record, take_led)
        waiting += there.sent
        there.sent.clear()
