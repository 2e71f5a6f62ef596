"""A broker that was asleep tells who led before: what is older than what is known is not believed (KIP-320)."""

from __future__ import annotations

from broker.client.epochs import UNKNOWN, Epochs
from broker.wire.metadata import PartitionRow, TopicRow

TOPIC = "pos.orders"


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


def leader(epochs: Epochs, node: int, epoch: int) -> int:
    """Who is taken for the leader of partition 0 when a broker tells of this one."""
    ((_, _, _, (row,)),) = epochs.newest([TopicRow(0, TOPIC, False, [PartitionRow(0, 0, node, [1, 2], [1, 2], epoch)])])
    return row.leader


def test_the_newest_leader_is_kept_whoever_tells_of_an_older_one() -> None:
    epochs = Epochs(Clock().monotonic)
    assert epochs.of((TOPIC, 0)) == UNKNOWN
    assert leader(epochs, 1, 4) == 1
    assert leader(epochs, 2, 5) == 2
    assert leader(epochs, 1, 4) == 2
    assert epochs.of((TOPIC, 0)) == 5


def test_none_at_all_is_news_too_while_an_election_goes_on() -> None:
    epochs = Epochs(Clock().monotonic)
    assert leader(epochs, 1, 4) == 1
    assert leader(epochs, -1, 5) == -1


def test_a_topic_that_was_made_again_begins_with_an_older_epoch_and_is_believed_after_a_while() -> None:
    clock = Clock()
    epochs = Epochs(clock.monotonic)
    assert leader(epochs, 1, 4) == 1
    assert leader(epochs, 2, 0) == 1
    clock.seconds += 4
    # Somebody says otherwise: it was a broker that had slept.
    assert leader(epochs, 1, 4) == 1
    clock.seconds += 4
    assert leader(epochs, 2, 0) == 1
    clock.seconds += 5
    assert leader(epochs, 2, 0) == 2
    assert epochs.of((TOPIC, 0)) == 0


def test_brokers_that_tell_no_epochs_are_believed() -> None:
    epochs = Epochs(Clock().monotonic)
    assert leader(epochs, 1, 4) == 1
    assert leader(epochs, 2, UNKNOWN) == 2
