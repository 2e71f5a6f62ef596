"""What `tidemark check` finds, by definition."""

from __future__ import annotations

from msgspec import Struct


class Problem(Struct, frozen=True):
    """What is wrong with a definition, at a path such as `condition.threshold`; a `warning` does not refuse it."""

    code: str
    field: str
    message: str
    warning: bool = False
