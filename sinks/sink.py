"""What every sink is to delivery, which knows none by name (spec 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple, Protocol, TypeVar

T_contra = TypeVar("T_contra", contravariant=True)


class Taken(Enum):
    """What became of what a sink was given: NOW is the first time, BEFORE is again, and changed nothing."""

    NOW = "now"
    BEFORE = "before"


class Refused(NamedTuple):
    """A sink cannot take it, and waiting does not mend that: the dead letter's reason, and what is wrong and what to do, in words."""

    reason: str
    detail: str


Answer = Taken | Refused


# Told of each try of a part of what a sink was given, as it ends: which of the items, which gift of it (its place, from 1; 0: all of it),
# and what came of it, TAKEN or KNOWN, or a word that has nothing of a target's own: a status, the name of an error.
Tried = Callable[[int, int, str], None]
TAKEN, KNOWN = "taken", "known"


def untold(item: int, gift: int, came: str) -> None:
    """Nobody asks how it went."""


class SinkDown(Exception):
    """A sink does not answer, or cannot take anything now; the message says what to do. What it was given it may have taken.

    `word`: what came, in one that is the same for all of its kind and has nothing of a target's own.
    """

    def __init__(self, said: str, word: str = "down") -> None:
        super().__init__(said)
        self.word = word


class SinkForgot(SinkDown):
    """A sink has lost what it took before what it is given now; the message says how that may be."""


class SinkRefusesUs(SinkDown):
    """A sink does not let us in; the message says what to do."""


class Sink(Protocol[T_contra]):
    """Takes what it is given once, however often it is given. It has no patience of its own: whoever gives does.

    `by_message`: whether it asks its target by each part of what it is given, and tells of each try; else all of it is asked at once.
    """

    by_message: bool

    async def look(self) -> None:
        """Looks at it before the work begins, and logs what is amiss; one that does not answer too. Raises SinkRefusesUs."""

    async def give(self, items: Sequence[T_contra], tried: Tried = untold) -> list[Answer]:
        """What became of each, in their order. Raises SinkDown; then all of them are given again."""

    async def close(self) -> None:
        """Lets go of it."""
