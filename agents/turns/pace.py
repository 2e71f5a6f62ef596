"""How many members what is due reaches in a turn of nothing else: as many as a few milliseconds allow, which is what an order waits for."""

from __future__ import annotations

# At first, and at least: a turn has costs of its own.
LEAST_MEMBERS = 32
# Of one turn. An order that comes meanwhile waits for the rest of it.
_TURN_SECONDS = 0.004


class Pace:
    """Of a worker. `members`: how many the next turn may reach, at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.members = min(LEAST_MEMBERS, most)

    def took(self, seconds: float) -> None:
        """So long took a turn of as many as it might reach, or of fewer, after which there are no more than twice as many."""
        wanted = int(self.members * _TURN_SECONDS / max(seconds, _TURN_SECONDS / 2))
        self.members = min(max(wanted, LEAST_MEMBERS), self._most)
