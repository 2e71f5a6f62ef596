"""A random run: two workers under supervisors, documents flowing on both feeds, and twenty kills, stops and sleepers by seed."""

from __future__ import annotations

import os
import random
import signal

import pytest

from devtools.server_process import ServerProcess
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code, until

# CHAOS_SEED=random number: another run (`make chaos SEED=…`).
SEED = int(os.environ.get("CHAOS_SEED", "2024"))
BLOWS = 20
ORDERS = 6_000

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(900)]

FAULTS = [f"{step}.{when}" for step in ("ahead", "commit", "publish", "offsets") for when in ("before", "after")]
RECOVERY_FAULTS = ["recovery.fenced", "recovery.read", "recovery.published"]


class Supervised:
    """Two workers, each started again when it has ended."""

    def __init__(self, pipeline: Pipeline, rng: random.Random) -> None:
        self._pipeline = pipeline
        self._rng = rng
        self.workers = [self._start(), self._start()]

    def replace_dead(self) -> None:
        """Starts again what has ended."""
        self.workers = [worker if worker.is_running() else self._start() for worker in self.workers]

    def _start(self) -> ServerProcess:
        """Some of them die by themselves: at a step of a turn, or while they recover."""
        chance = self._rng.random()
        if chance < 0.2:
            fault = ["--kill-at", f"{self._rng.choice(FAULTS)}:{self._rng.randint(1, 8)}"]
        elif chance < 0.3:
            fault = ["--kill-at", f"{self._rng.choice(RECOVERY_FAULTS)}:{self._rng.randint(1, 2)}"]
        else:
            fault = []
        return self._pipeline.worker(*fault, FETCH_PAUSE_MS="100")


def test_twenty_blows(pipeline: Pipeline) -> None:
    print(f"CHAOS_SEED={SEED}")
    rng = random.Random(SEED)
    sent = documents(SEED, ORDERS, 200)
    supervised = Supervised(pipeline, rng)
    asleep: ServerProcess | None = None
    share = len(sent) // (BLOWS + 1)
    for blow in range(BLOWS):
        pipeline.produce(sent[blow * share : (blow + 1) * share], wait=False)
        _flow(pipeline, supervised, rng.randint(2, 10))
        if asleep is not None:
            asleep.signal(signal.SIGCONT)
            asleep = None
        victim = rng.choice(supervised.workers)
        kind = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
        if victim.is_running():
            victim.signal(kind)
            if kind == signal.SIGSTOP:
                asleep = victim
    if asleep is not None:
        asleep.signal(signal.SIGCONT)
    pipeline.produce(sent[BLOWS * share :])
    _flow(pipeline, supervised, 0)
    for worker in supervised.workers:
        worker.signal(signal.SIGTERM)
        exit_code(worker)
    supervised.replace_dead()
    pipeline.assert_exact()


def _flow(pipeline: Pipeline, supervised: Supervised, turns: int) -> None:
    """Goes on for some turns, or until there is nothing left to fold (0: until then)."""
    wanted = pipeline.observer.turns_done() + turns

    def flowed() -> bool:
        supervised.replace_dead()
        return (turns > 0 and pipeline.observer.turns_done() >= wanted) or pipeline.observer.folded()

    until(flowed, f"{turns} turns under CHAOS_SEED={SEED}")
