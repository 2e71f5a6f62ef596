"""How records are read for a sink."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# What a record's value holds for a sink, None for nothing; takes the most bytes that it may have. Raises Malformed.
Decode = Callable[[bytes | None, int], T | None]
