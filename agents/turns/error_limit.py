"""When a rule that throws is no longer one document's misfortune: the worker stops, before all of a feed is a dead letter."""

from __future__ import annotations

from collections import deque

from msgspec import Struct


class TooManyErrors(Exception):
    """Rules threw too often; the message says what to do."""


class Allowed(Struct, frozen=True):
    """How many internal errors a partition may have: `in_a_row`, and as a `ratio` of the last `window` documents (1: no limit)."""

    in_a_row: int = 1_000
    ratio: float = 0.1
    window: int = 10_000


class ErrorLimit:
    """The internal errors of one partition. What goes well is not counted, and costs nothing: errors know their documents' numbers."""

    def __init__(self) -> None:
        self._failed: deque[int] = deque()
        self._in_a_row = 0
        # Documents folded in turns that are over.
        self._folded = 0

    def folded(self, documents: int) -> None:
        """A turn of so many documents is over."""
        self._folded += documents

    def failed(self, number: int, error: Exception, allowed: Allowed) -> None:
        """The turn's document of that number, or what was due before it, threw. Raises TooManyErrors."""
        number += self._folded
        # Of one document there can be two: of what was due before it, and its own.
        follows = bool(self._failed) and number - self._failed[-1] <= 1
        self._in_a_row = self._in_a_row + 1 if follows else 1
        self._failed.append(number)
        while self._failed[0] <= number - allowed.window:
            self._failed.popleft()
        if self._in_a_row > allowed.in_a_row:
            raise TooManyErrors(_advice(f"{self._in_a_row} documents in a row", "TIDEMARK_ERRORS_IN_A_ROW", error))
        if len(self._failed) > allowed.ratio * allowed.window:
            some = f"{len(self._failed)} of the last {allowed.window} documents"
            raise TooManyErrors(_advice(some, "TIDEMARK_ERRORS_RATIO", error))


def _advice(how_many: str, setting: str, error: Exception) -> str:
    return (
        f"a rule threw on {how_many}, the last time {error!r}: this is a bug, and the worker stops before a whole feed becomes dead "
        "letters. The log says where it threw (rule_threw). Withdraw the definition that causes it, or run another release, and start "
        f"the worker again: nothing is lost. To go on all the same, raise {setting}, and send the dead letters again once it is mended"
    )
