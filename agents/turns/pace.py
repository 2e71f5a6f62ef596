"""How what is due of many yields to orders, which are to notice little of it.

It is seen to a few milliseconds at a time, between which all that came is folded, into the turn in hand, which what comes meanwhile shares:
so that it costs brokers no turns of its own where orders come, and has the time that orders leave. What it puts out has brokers take longer
with what orders commit: where that is too long, it rests longer.
"""

from __future__ import annotations

import asyncio
from collections import deque

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
_LEAST_REST = 0.25
# But so many times as long at most, where brokers take longer with what orders commit than before: they are busy with what is due.
_MOST_REST = 16.0
# However long it took.
_MOST_REST_SECONDS = 0.1
# It begins with this, as answers are late only once it is too much; and keeps to it until it is known how long they take without it.
_FIRST_REST = 1.0
# The slowest orders are to wait no more than twice as long as before. How long answers take has an exponential tail, more or less: where
# its scale doubles, what one in twenty took before is taken by one in four or five. So an answer is late that takes longer than that one
# in twenty did, and longer than half did by more than chance; and one in eight that is late is borne.
_LATE = 1 / 20
_LONGER = 1.4
_BORNE = 1 / 8
# With each answer that is late it rests so many times as long, and with each that is not, so much less that both come to the same where as
# many are late as are borne; and less where none come, as there are no orders to yield to.
_SLOWER = 1.08
_FASTER = _SLOWER ** (-_BORNE / (1 - _BORNE))
# Of so many answers it is remembered how long they took without what is due.
_REMEMBERED = 512
# So many answers may still be late for it once nothing is due any more.
_AFTERWARDS = 64


class Pace:
    """Of a worker. `members`: how many may be seen to at a time, at most. `rest`: how long what is due rests after it, as a part of the
    time that it took.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.members = min(LEAST_MEMBERS, most)
        self.rest = _FIRST_REST
        self._took_seconds = 0.0
        # How long brokers took with commits that have documents in them while nothing was due; what is late by that, None where there were
        # none; whether any came since it was last seen to some; and of how many more it is not said whether they are late for what was due.
        self._before: deque[float] = deque(maxlen=_REMEMBERED)
        self._late_seconds: float | None = None
        self._heard = False
        self._may_be_late = 0

    def took(self, seconds: float) -> None:
        """So long it took to see to as many, or to fewer, after which there are no more than twice as many."""
        self._took_seconds = seconds
        wanted = int(self.members * _SECONDS / max(seconds, _SECONDS / 2))
        self.members = min(max(wanted, LEAST_MEMBERS), self._most)
        if not self._may_be_late:
            self.rest, self._late_seconds = _FIRST_REST, self._seldom_longer_than()
        elif not self._heard:
            self.rest = max(self.rest * _FASTER, _LEAST_REST)
        self._may_be_late, self._heard = _AFTERWARDS, False

    def _seldom_longer_than(self) -> float | None:
        ordered = sorted(self._before)
        return max(ordered[int(len(ordered) * (1 - _LATE))], _LONGER * ordered[len(ordered) // 2]) if ordered else None

    def answered(self, seconds: float) -> None:
        """So long a broker took with a commit that has documents in it."""
        if not self._may_be_late:
            self._before.append(seconds)
            return
        self._may_be_late -= 1
        self._heard = True
        if self._late_seconds is None:
            self.rest = _FIRST_REST
        elif seconds > self._late_seconds:
            self.rest = min(self.rest * _SLOWER, _MOST_REST)
        else:
            self.rest = max(self.rest * _FASTER, _LEAST_REST)

    def is_worth_a_turn(self, members: int) -> bool:
        """Whether so many are enough for a turn of nothing else."""
        return members >= min(_TIMES_A_TURN * self.members, self._most)

    async def let_orders_pass(self) -> None:
        """What came meanwhile is folded, and what is acknowledged soon is put out."""
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        await asyncio.sleep(min(self.rest * self._took_seconds, _MOST_REST_SECONDS))
