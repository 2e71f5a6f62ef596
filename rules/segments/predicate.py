"""What a predicate of a segment is made of, and as of when segments are asked (spec 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from rules.definitions.checking.fault import Fault, shown
from rules.definitions.checking.whole_set import WholeSet
from rules.local_days import local_days
from rules.state import Member

if TYPE_CHECKING:
    from rules.rulebook.rulebook import Rulebook


class AsOf:
    """A time (epoch ms), the zone whose calendar holds, and the definitions. Made once for a run, and asked for each member."""

    def __init__(self, at_ms: int, timezone: str, rulebook: Rulebook) -> None:
        self.at_ms = at_ms
        self.rulebook = rulebook
        # The number of the local date (`date.toordinal`) of a time, in epoch ms.
        self.day_of: Callable[[int], int] = local_days(timezone).day_of
        # Codes of saved segments that are being asked: one that leads back to itself matches nobody.
        self.asking: set[str] = set()

    @cached_property
    def today(self) -> int:
        """The number of the local date."""
        return self.day_of(self.at_ms)

    @cached_property
    def month(self) -> int:
        """The local month, 1 to 12."""
        return date.fromordinal(self.today).month

    @cached_property
    def default_program(self) -> str | None:
        """The code of the default program."""
        return self.rulebook.default_program(self.at_ms)


# Whether a member (his id, and he as he was then) is in a segment, as of then.
Matches = Callable[[str, Member, AsOf], bool]


class Predicate(NamedTuple):
    """One key of a segment's object.

    `faults(value, path)`: what is wrong with its value. `compile(value)`: of a value without faults. `references(value, path, whole)`:
    what it names that the whole set of definitions has not.
    """

    faults: Callable[[Any, str], Iterator[Fault]]
    compile: Callable[[Any], Matches]
    references: Callable[[Any, str, WholeSet], Iterator[Fault]] = lambda _, __, ___: iter(())


def listed(value: Any) -> Sequence[Any]:
    """One, or a list of them."""
    return value if isinstance(value, list | tuple) else (value,)


def each_of(value: Any, path: str, expected: str, accepts: Callable[[Any], bool]) -> Iterator[Fault]:
    """Faults of a value that may be one or a list."""
    if isinstance(value, list | tuple):
        if not value:
            yield Fault(path, f"expected {expected}, or a list of such; got an empty list")
        for position, item in enumerate(value):
            if not accepts(item):
                yield Fault(f"{path}[{position}]", f"expected {expected}; got {shown(item)}")
    elif not accepts(value):
        yield Fault(path, f"expected {expected}, or a list of such; got {shown(value)}")


def is_id(value: Any) -> bool:
    """Whether it is text, or a whole number, which is its digits."""
    return (isinstance(value, str) and value != "") or (isinstance(value, int) and not isinstance(value, bool))


def is_code(value: Any) -> bool:
    """Whether it is text."""
    return isinstance(value, str) and value != ""


def bound_faults(value: Any, path: str, names: Sequence[str], more: Sequence[str] = ()) -> Iterator[Fault]:
    """Faults of an object with bounds of these names, one of them at least, and perhaps with more fields."""
    both = " and ".join(names)
    if not isinstance(value, Mapping):
        yield Fault(path, f"expected an object with {both}, at least one of them; got {shown(value)}")
        return
    for name in value:
        if name not in (*names, *more):
            yield Fault(f"{path}.{name}", f"is not a field here; there are {both}")
    if not any(name in value for name in names):
        yield Fault(path, f"has no bound: give {' or '.join(names)}")


def number_faults(value: Any, path: str, more: Sequence[str] = ()) -> Iterator[Fault]:
    """Faults of an object with `at_least` and `below`."""
    yield from bound_faults(value, path, ("at_least", "below"), more)
    if not isinstance(value, Mapping):
        return
    for name in ("at_least", "below"):
        given = value.get(name, 0)
        if not isinstance(given, int) or isinstance(given, bool) or given < 0:
            yield Fault(f"{path}.{name}", f"expected an integer of 0 or more; got {shown(given)}")


def within(value: Mapping[str, Any]) -> Callable[[int], bool]:
    """Whether a number is at least `at_least` and below `below`; what is left out is open."""
    least, below = value.get("at_least", 0), value.get("below")
    if below is None:
        return lambda number: bool(number >= least)
    return lambda number: bool(least <= number < below)
