"""Why a broker does not give what is asked of it, and what waiting does about it: all errors of a fetch in one table.

Most pass: a leader moves, a broker starts. Others do not, and a worker that tried again for ever would be alive, healthy and useless: it
ends, with what to do.
"""

from __future__ import annotations

from typing import NamedTuple

from aiokafka.errors import KafkaError, UnsupportedVersionError

from broker.client.connection import PASSWORD_HINT, BrokerUnavailable


class Refused(BrokerUnavailable):
    """The broker does not give what is asked of it, and waiting would not mend it; the message says what to do."""


class Patience(NamedTuple):
    """How long an error may go on, seconds, before it is taken for good, and what is to be done then."""

    seconds: float
    advice: str


_AT_ONCE = 0.0
# As long as access rights, or a topic's metadata, may take to reach every broker.
_A_WHILE = 60.0
_A_MOMENT = 5.0

# By the code in a response (Kafka's protocol guide, "Error Codes"): those that pass by themselves, however long it takes.
PASSING = {
    5: "LEADER_NOT_AVAILABLE",
    6: "NOT_LEADER_OR_FOLLOWER",
    7: "REQUEST_TIMED_OUT",
    8: "BROKER_NOT_AVAILABLE",
    9: "REPLICA_NOT_AVAILABLE",
    56: "KAFKA_STORAGE_ERROR",
    74: "FENCED_LEADER_EPOCH",
    75: "UNKNOWN_LEADER_EPOCH",
    78: "OFFSET_NOT_AVAILABLE",
}
# Those of them, and the others, after which the leaders are looked up again.
STALE = frozenset({1, 3, 5, 6, 9, 56, 74, 75})

LASTING = {
    1: Patience(
        _A_MOMENT,
        "its position is not there any more: retention has passed it, or the topic was deleted and made again. Start the worker again: it "
        "says which, and what to do",
    ),
    2: Patience(
        _A_WHILE,
        "the broker finds its own log damaged (CORRUPT_MESSAGE): restore the partition from a replica that is whole "
        "(kafka-reassign-partitions.sh), or the topic from a copy, then start again",
    ),
    3: Patience(_A_WHILE, "there is no such topic: create it with `tidemark topics`; if it was deleted, restore it"),
    17: Patience(_AT_ONCE, "a topic cannot have such a name (INVALID_TOPIC_EXCEPTION): mend TIDEMARK_PREFIX"),
    29: Patience(_A_WHILE, "the Kafka user may not read the topic (TOPIC_AUTHORIZATION_FAILED): give it READ and DESCRIBE on it"),
    31: Patience(_A_WHILE, "the Kafka user is not let in (CLUSTER_AUTHORIZATION_FAILED): give it its rights"),
    35: Patience(_AT_ONCE, "the broker does not speak our version (UNSUPPORTED_VERSION): Kafka 2.3 or later is needed"),
    43: Patience(
        _AT_ONCE, "the topic is kept in an old message format: set message.format.version of a broker before Kafka 4 to 2.0"
    ),
    76: Patience(_AT_ONCE, "the topic's codec needs a newer way of asking (UNSUPPORTED_COMPRESSION_TYPE): run a newer Tidemark"),
}
_UNKNOWN = Patience(_A_WHILE, "look up the broker's own log, mend what it says there, then start again")


def patience(code: int) -> Patience | None:
    """How long to bear with an error code of the broker; None where it passes by itself."""
    return None if code in PASSING else LASTING.get(code, _UNKNOWN)


def lasting(error: KafkaError) -> str | None:
    """What to do about an error of our own side of a connection; None where trying again may mend it."""
    if isinstance(error, UnsupportedVersionError):
        return f"{error}"
    if error.retriable:
        return None
    # Without a connection aiokafka raises what is retriable, whatever the reason.
    return f"{error!r}: {_UNKNOWN.advice}; {PASSWORD_HINT}"
