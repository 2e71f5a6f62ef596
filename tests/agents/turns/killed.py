"""A worker that is killed now and then, before or after a turn is committed, while everybody is judged by changed rules."""

from __future__ import annotations

import random

from agents.turns.shard import Sealed
from tests.agents.turns.alone import Alone


class Killed:
    """`unfinished`: turns that ended while some were judged by a version that others were not judged by; `times`: those after which the
    worker was killed.
    """

    def __init__(self, alone: Alone, seed: int) -> None:
        """Of seed 0 it lives."""
        self.unfinished = self.times = 0
        self._alone = alone
        self._seed = seed
        self._chance = random.Random(seed)

    def work(self, until_ms: int) -> None:
        """All that there is to fold; then nothing comes any more, and time goes on until then."""
        alone = self._alone
        alone.arrive()
        while True:
            if alone.shard.busy():
                self._committed(alone.fold())
                continue
            alone.shard.table.clock.reach(until_ms)
            sealed = alone.see_to()
            if sealed is None:
                return
            self._committed(sealed)

    def _committed(self, sealed: Sealed) -> None:
        """The turn, unless the worker is killed before it is committed; or it is killed after that."""
        if not self._spoil():
            self._alone.commit(sealed)
            self.unfinished += self._is_unfinished()
            self._spoil()
        self._alone.arrive()

    def _spoil(self) -> bool:
        if self._seed == 0 or self._chance.random() > 0.2:
            return False
        self.times += self._is_unfinished()
        self._alone.kill()
        return True

    def _is_unfinished(self) -> bool:
        table = self._alone.shard.table
        return table.clock.now_ms >= self._alone.rulebook.program_changes.next_ms(table.judged)
