"""How what is due of many yields to orders, which are to notice little of it.

It is seen to in turns of some milliseconds, between which all that came is folded; a few of them are on their way to brokers, so that
these are kept busy, and an order that comes after them finds no queue. Where brokers or the machine are slow such turns come back later,
and so there are fewer: what is due has the time that orders leave.
"""

from __future__ import annotations

import asyncio

# At first, and at least: a turn has costs of its own.
LEAST_MEMBERS = 32
# Of one turn. An order may have to wait for one at each of its steps: as it is fetched, as its commit is acknowledged, and as what it puts
# out is. Turns of twice that made orders wait longer and saw to hardly more members, where orders leave little of the core (measured).
_TURN_SECONDS = 0.004
# Turns that are on their way, of all partitions but those that a broker holds up.
MOST_ON_THEIR_WAY = 4
# Rounds of the loop after one, at least: in so many an answer of a broker is read and decoded, and handed to the agent, which folds it.
_ROUNDS = 6
# And as a part of the time that it took: what is due has two thirds of the core at most, so that orders find it free now and then.
_REST = 0.5


class Pace:
    """Of a worker. `members`: how many the next turn may reach, at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.members = min(LEAST_MEMBERS, most)
        self._took_seconds = 0.0

    def took(self, seconds: float) -> None:
        """So long took a turn of as many as it might reach, or of fewer, after which there are no more than twice as many."""
        self._took_seconds = seconds
        wanted = int(self.members * _TURN_SECONDS / max(seconds, _TURN_SECONDS / 2))
        self.members = min(max(wanted, LEAST_MEMBERS), self._most)

    async def let_orders_pass(self) -> None:
        """What came meanwhile is folded, and what is acknowledged soon is put out."""
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        await asyncio.sleep(_REST * self._took_seconds)
