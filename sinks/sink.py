"""What every sink is to delivery, which knows none by name (spec 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
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


class SinkDown(Exception):
    """A sink does not answer, or cannot take anything now; the message says what to do. What it was given it may have taken."""


class SinkForgot(SinkDown):
    """A sink has lost what it took before what it is given now; the message says how that may be."""


class SinkRefusesUs(SinkDown):
    """A sink does not let us in; the message says what to do."""


class Sink(Protocol[T_contra]):
    """Takes what it is given once, however often it is given. It has no patience of its own: whoever gives does."""

    async def look(self) -> None:
        """Looks at it before the work begins, and logs what is amiss; one that does not answer too. Raises SinkRefusesUs."""

    async def give(self, items: Sequence[T_contra]) -> list[Answer]:
        """What became of each, in their order. Raises SinkDown; then all of them are given again."""

    async def close(self) -> None:
        """Lets go of it."""
