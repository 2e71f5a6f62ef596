"""A worker that sleeps beyond its session with a write in hand, and wakes when another owns its partitions."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.crash.batches import written_by_an_earlier_owner
from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code, until
from tests.services.worker_process import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def asleep(worker: WorkerProcess) -> bool:
    """Whether the process is stopped."""
    return Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def refused(log: str) -> bool:
    """The broker refused the write, or the group's answer to a heartbeat came before the broker's to the write."""
    return "Fenced: " in log or "SessionLost: " in log


@pytest.mark.parametrize("step", ["commit.before", "publish.before"])
def test_the_broker_refuses_what_a_sleeper_still_writes(pipeline: Pipeline, step: str) -> None:
    """It writes at once when it wakes, before anything can tell it that it has lost its partitions."""
    sent = documents(SEED, 2500, 150)
    pipeline.produce(sent[:1500])
    sleeper = pipeline.worker("--sleep-at", f"{step}:8")
    until(lambda: asleep(sleeper), "the sleeper has fallen asleep")
    pipeline.observer.look_to_end()
    turns = {partition: turns[-1] for partition, turns in pipeline.observer.turns.items()}

    pipeline.worker()
    pipeline.produce(sent[1500:])
    pipeline.wait_folded()
    sleeper.signal(signal.SIGCONT)
    assert exit_code(sleeper) == 1
    assert refused(pipeline.log(sleeper))
    # What it had in hand stands nowhere: its owner writes meanwhile (it renews its epoch), so that not how much is written tells, but by
    # whom. `assert_exact` asks the same of every batch.
    assert all(written_by_an_earlier_owner(written) == [] for written in pipeline.changelog().values())
    # Elsewhere it may have had documents to re-key in hand, which no fence refuses: their new owner takes them for the duplicates that
    # they are, in turns of its own.
    assert all(pipeline.observer.turns[partition][-1] > turn for partition, turn in turns.items())
    pipeline.assert_exact()


def test_a_worker_put_to_sleep_at_any_time_is_replaced(pipeline: Pipeline) -> None:
    sent = documents(SEED, 2500, 150)
    pipeline.produce(sent[:1500])
    sleeper = pipeline.worker(FETCH_PAUSE_MS="150")
    pipeline.wait_turns(10)
    sleeper.signal(signal.SIGSTOP)
    assert pipeline.in_flow()
    pipeline.worker()
    pipeline.produce(sent[1500:])
    pipeline.wait_folded()
    sleeper.signal(signal.SIGCONT)
    assert exit_code(sleeper) == 1
    assert refused(pipeline.log(sleeper))
    pipeline.assert_exact()
