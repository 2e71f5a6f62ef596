"""What a check found at a field of one definition, and how it is worded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

SHOWN_CHARACTERS_MAX = 60


class Fault(NamedTuple):
    """Something wrong at `field`, a path such as `gifts[0].points`; a `warning` does not refuse the definition."""

    field: str
    message: str
    warning: bool = False


def shown(value: object) -> str:
    """A value as a message names it: as its writer knows it, and short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "fields of its own" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else text[: SHOWN_CHARACTERS_MAX - 1] + "…"


def listed(names: Iterable[object], joined_by: str = "or") -> str:
    """Names for a message: 'a', 'b' or 'c'."""
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {joined_by} {quoted[-1]}"


def meant(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that is nearest to one that is not known; empty when none is near."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def under(path: str, field: str) -> str:
    """The path of a field below a path."""
    return f"{path}.{field}" if path else field
