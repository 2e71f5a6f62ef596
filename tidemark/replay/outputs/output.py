"""A file that a replay writes: rows made of what was put out on topics (spec 6)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar


class Output(ABC):
    """`topics`: those that it is made of (short names). Records of one partition come in their order."""

    topics: ClassVar[tuple[str, ...]]

    @abstractmethod
    def take(self, topic: str, value: bytes) -> bool:
        """Takes the next record of a topic; False where it was taken before."""

    @abstractmethod
    def rows(self) -> Iterable[bytes]:
        """The rows in their order, each a JSON document in UTF-8; text is sorted as code points."""
