"""Times in definitions as they are written: what is finer than a microsecond is cut off (spec 1.1), where a decoder would round it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# The fields that hold times, wherever they stand.
_FIELDS: Final = frozenset(("starts_at", "ends_at", "active_from", "since", "before", "from", "to", "at"))
_FINER: Final = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d\.\d{6})\d+", re.ASCII)


def with_times_cut(value: object, field: str = "") -> object:
    """A copy of a document in which no time is finer than a microsecond. `field`: of the value."""
    if isinstance(value, Mapping):
        return {key: with_times_cut(held, key) for key, held in value.items()}
    if isinstance(value, list):
        return [with_times_cut(item, field) for item in value]
    if isinstance(value, str) and field in _FIELDS:
        return _FINER.sub(r"\1", value)
    return value
