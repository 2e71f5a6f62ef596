"""How what is due of many yields to orders, which are to notice little of it.

It is seen to a few milliseconds at a time, between which all that came is folded, into the turn in hand, which what comes meanwhile shares:
so that it costs brokers no turns of its own where orders come, and has the time that orders leave.
"""

from __future__ import annotations

import asyncio

# At first, and at least: to begin has costs of its own.
LEAST_MEMBERS = 32
# At a time. An order may have to wait for so long at each of its steps: as it is fetched, as its commit is acknowledged, and as what it
# puts out is. With 2 ms the slowest orders wait a tenth less, with 4 ms a tenth longer (measured, without a broker).
_SECONDS = 0.003
# A turn of nothing else is worth its costs once it took so long: until then what comes may share it.
_TIMES_A_TURN = 2
# Rounds of the loop after each time, at least: in so many an answer of a broker is read, decoded, handed to the agent and folded.
_ROUNDS = 6
# And as a part of the time that it took: what is due has four fifths of the core at most, so that orders find it free now and then.
_REST = 0.25


class Pace:
    """Of a worker. `members`: how many may be seen to at a time, at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.members = min(LEAST_MEMBERS, most)
        self._took_seconds = 0.0

    def took(self, seconds: float) -> None:
        """So long it took to see to as many, or to fewer, after which there are no more than twice as many."""
        self._took_seconds = seconds
        wanted = int(self.members * _SECONDS / max(seconds, _SECONDS / 2))
        self.members = min(max(wanted, LEAST_MEMBERS), self._most)

    def is_worth_a_turn(self, members: int) -> bool:
        """Whether so many are enough for a turn of nothing else."""
        return members >= min(_TIMES_A_TURN * self.members, self._most)

    async def let_orders_pass(self) -> None:
        """What came meanwhile is folded, and what is acknowledged soon is put out."""
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        await asyncio.sleep(_REST * self._took_seconds)
