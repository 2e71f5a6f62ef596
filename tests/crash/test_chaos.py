"""A random run: two workers under supervisors, documents flowing on both feeds, and twelve kills, stops and sleepers by seed."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, until
from tests.services.worker_process import WorkerProcess

# CHAOS_SEED=random number: another run (`make chaos SEED=…`).
SEED = int(os.environ.get("CHAOS_SEED", "2024"))
BLOWS = 12
ORDERS = 4_000

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(900)]

FAULTS = [f"{step}.{when}" for step in ("ahead", "commit", "publish", "offsets") for when in ("before", "after")]
RECOVERY_FAULTS = ["recovery.fenced", "recovery.read", "recovery.published"]


class Supervised:
    """Two workers, each started again when it has ended."""

    def __init__(self, pipeline: Pipeline, rng: random.Random) -> None:
        self._pipeline = pipeline
        self._rng = rng
        self.workers = [self._start(), self._start()]

    def replace_dead(self) -> bool:
        """Starts again what has ended; False, so that a condition can begin with it."""
        self.workers = [worker if worker.is_running() else self._start() for worker in self.workers]
        return False

    def _start(self) -> WorkerProcess:
        """Some of them die by themselves: at a step of a turn, or while they recover."""
        chance = self._rng.random()
        if chance < 0.2:
            fault = ["--kill-at", f"{self._rng.choice(FAULTS)}:{self._rng.randint(1, 8)}"]
        elif chance < 0.3:
            fault = ["--kill-at", f"{self._rng.choice(RECOVERY_FAULTS)}:{self._rng.randint(1, 2)}"]
        else:
            fault = []
        return self._pipeline.worker(*fault, FETCH_PAUSE_MS="100")


def test_twelve_blows(pipeline: Pipeline) -> None:
    print(f"CHAOS_SEED={SEED}")
    rng = random.Random(SEED)
    sent = documents(SEED, ORDERS, 200)
    supervised = Supervised(pipeline, rng)
    share = len(sent) // (BLOWS + 1)
    for blow in range(BLOWS):
        pipeline.produce(sent[blow * share : (blow + 1) * share])
        _flow(pipeline, supervised, rng.randint(2, 10))
        victim = rng.choice([worker for worker in supervised.workers if worker.is_running()])
        kind = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
        if kind == signal.SIGSTOP and "partition_taken" not in pipeline.log(victim):
            # It has nothing yet that could be taken from it while it sleeps.
            kind = signal.SIGKILL
        victim.signal(kind)
        if kind == signal.SIGSTOP:
            _oversleep(pipeline, supervised, victim)
    pipeline.produce(sent[BLOWS * share :])
    until(lambda: supervised.replace_dead() or pipeline.observer.folded(), f"the end under CHAOS_SEED={SEED}")
    pipeline.assert_exact()


def _flow(pipeline: Pipeline, supervised: Supervised, turns: int) -> None:
    """Goes on for some turns, or until there is nothing left to fold; some worker runs."""
    wanted = pipeline.observer.turns_done() + turns

    def flowed() -> bool:
        supervised.replace_dead()
        return pipeline.observer.turns_done() >= wanted or pipeline.observer.folded()

    until(flowed, f"{turns} turns under CHAOS_SEED={SEED}")


def _oversleep(pipeline: Pipeline, supervised: Supervised, sleeper: WorkerProcess) -> None:
    """Wakes the sleeper when a partition was taken over: the group gives none away before the sleeper's session is over."""
    taken = sum(pipeline.observer.fences.values())
    # One that had let go of all its partitions just before has none to be taken: many sessions are then enough.
    long_after = time.monotonic() + 20

    def taken_over() -> bool:
        supervised.replace_dead()
        pipeline.observer.look()
        return sum(pipeline.observer.fences.values()) > taken or time.monotonic() > long_after

    until(taken_over, f"the partitions of a sleeper are taken over under CHAOS_SEED={SEED}")
    sleeper.signal(signal.SIGCONT)
