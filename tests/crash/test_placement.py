"""The steps of a turn are where docs/architecture.md says: what the broker has when a worker dies at each of them."""

from __future__ import annotations

import json
import signal

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from streams.topics import DEAD_LETTERS, ONLINE_ORDERS, POS_ORDERS
from tests.crash.conftest import SEED
from tests.crash.documents import Sent, documents
from tests.crash.pipeline import NAMED, Pipeline, exit_code

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

TURN = 7
LATE = {"type": "purchase", "channel": "pos", "store_id": "hq", "currency": "GBP", "total": 100,
        "lines": [{"sku": "sku-01", "quantity": 1, "amount": 100}],
        "placed_at": "2020-01-01T00:00:00+00:00", "received_at": "2020-03-01T00:00:00+00:00"}  # fmt: skip


@pytest.fixture
def partitions() -> int:
    """One: a worker's n-th turn is the partition's turn n."""
    return 1


@pytest.fixture
def flow(pipeline: Pipeline) -> Pipeline:
    """With something in every turn that is published ahead (malformed), and something that is published after it (late)."""
    sent = documents(SEED, 600, 60)
    mixed: list[Sent] = []
    for number in range(0, len(sent), 6):
        mixed += sent[number : number + 6]
        late = LATE | {"order_id": f"late-{number}"}
        for topic in (POS_ORDERS, ONLINE_ORDERS):
            mixed += [Sent(topic, b"", b"malformed %d" % number), Sent(topic, b"", json.dumps(late).encode())]
    pipeline.produce(mixed)
    return pipeline


def killed(flow: Pipeline, step: str) -> int:
    """Runs a worker until it is killed at a step; the last turn that was committed."""
    # It takes over once and renews nothing, however long a busy machine needs for so many turns.
    assert exit_code(flow.worker("--kill-at", step, TURN_BYTES="65536", RENEW_FENCE_MS="3600000", **NAMED)) == -signal.SIGKILL
    flow.observer.look_to_end()
    return flow.observer.turns[0][-1]


def ahead_of(flow: Pipeline, turn: int) -> bool:
    """Whether what depends on the records of a turn alone is published."""
    return any(
        each.topic == DEAD_LETTERS and each.sequence.startswith(f"{turn:016d}-") and b"malformed" in each.value
        for each in flow.observer.published
    )


def unpublished_turns(flow: Pipeline) -> set[int]:
    """The turns of which some output is not published."""
    return {int(each.sequence.split("-")[0]) for each in flow.observer.committed - set(flow.observer.published)}


def finish(flow: Pipeline) -> None:
    assert flow.in_flow()
    flow.wide_worker(**NAMED)
    flow.assert_exact()


def test_before_what_is_published_ahead(flow: Pipeline) -> None:
    assert killed(flow, f"ahead.before:{TURN}") == TURN - 1
    assert ahead_of(flow, TURN - 1)
    assert not ahead_of(flow, TURN)
    finish(flow)


@pytest.mark.parametrize("step", ["ahead.after", "commit.before"])
def test_between_what_is_published_ahead_and_the_commit(flow: Pipeline, step: str) -> None:
    assert killed(flow, f"{step}:{TURN}") == TURN - 1
    assert ahead_of(flow, TURN)
    finish(flow)


def test_between_the_commit_and_its_outputs(flow: Pipeline) -> None:
    assert killed(flow, f"commit.after:{TURN}") == TURN
    # The turn before may be on its way out at that moment: its outputs do not hold up a commit.
    assert TURN in unpublished_turns(flow) <= {TURN - 1, TURN}
    finish(flow)


def test_before_a_turn_is_published(flow: Pipeline) -> None:
    turn = killed(flow, "publish.before:3")
    assert turn in unpublished_turns(flow)
    finish(flow)


def test_after_a_turn_is_published(flow: Pipeline) -> None:
    assert killed(flow, "publish.after:3") >= 3
    # A turn committed meanwhile may be waiting; the three are out.
    assert all(turn > 3 for turn in unpublished_turns(flow))
    finish(flow)


def group_positions(flow: Pipeline) -> dict[str, int]:
    """Where the consumer group is said to stand, by topic."""
    admin = AdminClient({"bootstrap.servers": flow.bootstrap})
    group = f"{flow.prefix}aggregate"
    (found,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    return {place.topic.removeprefix(flow.prefix): place.offset for place in found.result().topic_partitions or []}


def test_before_the_group_is_told(flow: Pipeline) -> None:
    killed(flow, "offsets.before:1")
    assert group_positions(flow) == {}
    finish(flow)


def test_after_the_group_was_told(flow: Pipeline) -> None:
    killed(flow, "offsets.after:1")
    told, done = group_positions(flow), flow.observer.heads[0].positions
    assert sum(told.values()) > 0
    assert all(offset <= done[topic] for topic, offset in told.items())
    finish(flow)


def test_in_a_recovery(flow: Pipeline) -> None:
    turn = killed(flow, f"commit.after:{TURN}")
    for step, fences in (("recovery.fenced", 2), ("recovery.read", 3)):
        assert killed(flow, f"{step}:1") == turn
        assert flow.observer.fences[0] == fences
        assert unpublished_turns(flow) == {turn}
    assert killed(flow, "recovery.published:1") == turn
    assert unpublished_turns(flow) == set()
    finish(flow)
