"""What a check found at a field of one definition, and how it is worded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from typing import NamedTuple

SHOWN_CHARACTERS_MAX = 60
# Finding the nearest name takes some 100 us for each that is compared, where they are alike.
HINTED_CHARACTERS_MAX = 128
COMPARISONS_MAX = 3_000
# Names that a message lists of very many.
NAMED_MAX = 5

_comparisons_left: ContextVar[list[int] | None] = ContextVar("comparisons_left", default=None)


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
    """A hint at the known name that is nearest to one that is not known; empty when none is near, or the hints of a set are used up."""
    candidates = list(known)
    left = _comparisons_left.get()
    if left is not None:
        if left[0] <= 0:
            return ""
        left[0] -= len(candidates)
    if len(name) > HINTED_CHARACTERS_MAX:
        return ""
    near = get_close_matches(name, candidates, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


@contextmanager
def hints_of_a_set() -> Iterator[None]:
    """Bounds the work for hints while a set is checked: whoever mends a thousand mistakes does not read them all."""
    token = _comparisons_left.set([COMPARISONS_MAX])
    try:
        yield
    finally:
        _comparisons_left.reset(token)


def some_listed(names: Sequence[object], of: int) -> str:
    """The first few of `of` names, for a message."""
    shown_names = names[:NAMED_MAX]
    more = f" and {of - len(shown_names)} more" if of > len(shown_names) else ""
    return f"{listed(shown_names, 'and')}{more}"


def under(path: str, field: str) -> str:
    """The path of a field below a path."""
    return f"{path}.{field}" if path else field
