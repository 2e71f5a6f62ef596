"""What the demo's flow tells a screen. Presentation only: it is told what happened and asks nothing.

A grant is a record of the `gifts` topic, a release one of `releases`, a change one of the `levels` topic (program, member_id, before,
after, why, until, occurred_at), each as a dict.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console

from tidemark.demo.ending import Summary
from tidemark.demo.live_screen import LiveScreen
from tidemark.demo.plain_screen import PlainScreen
from tidemark.demo.words import Words


class Screen(Protocol):
    """What the demo's flow tells a screen; used as a context manager around the run."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...

    def gift(self, grant: Mapping[str, Any]) -> None:
        """A grant was made."""

    def release(self, release: Mapping[str, Any]) -> None:
        """A gift was released after its grant, or claimed."""

    def level(self, change: Mapping[str, Any]) -> None:
        """A member's level changed, or until when he has it."""

    def progress(self, orders_done: int, orders_total: int, grants: int, orders_per_second: float) -> None:
        """How far it is: documents applied, of how many, and the grants so far."""

    def finish(self, summary: Summary) -> None:
        """All is through: show the figures, and where to look next."""


def screen_for(words: Words, console: Console) -> Screen:
    """The live screen on a terminal, plain lines elsewhere."""
    return LiveScreen(words, console) if console.is_terminal else PlainScreen(words, console)
