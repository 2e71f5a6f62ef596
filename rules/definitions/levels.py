"""The rungs of a program's ladder, as they are defined (spec 3.2, 3.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from rules.definitions.checking.fault import Fault, meant, shown
from rules.definitions.fields import Amount, Code, Text
from rules.definitions.standards import Span, span_faults

_PRICED = ("price", "prices", "paid_validity")
_SPENT_FOR = ("threshold", "lock_in_amount")


class Level(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rung of a program's ladder (spec 3.2). A basic level has a threshold, a paid one a price, a dual one both.
    `benefits`: as they are written, each with a `kind` (rules/benefits).
    """

    code: Code
    name: Text
    card_style: str | None = None
    badge: str | None = None
    type: Literal["basic", "paid", "dual"] = "basic"
    threshold: Amount | None = None
    lock_in_amount: Amount | None = None
    price: Amount | None = None
    prices: dict[Code, Amount] | None = None
    paid_validity: Literal["permanent"] | Span | None = None
    enabled: bool = True
    benefits: tuple[dict[str, object], ...] = ()

    @property
    def spent_for(self) -> bool:
        """Whether spending reaches it."""
        return self.type != "paid"

    @property
    def paid_for(self) -> bool:
        """Whether it can be paid for."""
        return self.type != "basic"


def level_faults(levels: Sequence[Level], per_level: bool) -> Iterator[Fault]:
    """What is wrong with the levels of a ladder. `per_level`: whether prices are by the level held."""
    positions: dict[str, int] = {}
    below: Level | None = None
    for position, level in enumerate(levels):
        at = f"levels[{position}]"
        first = positions.setdefault(level.code, position)
        if first != position:
            yield Fault(f"{at}.code", f"{shown(level.code)} is the code of levels[{first}] already")
        yield from _type_faults(level, at, per_level)
        yield from _price_faults(level, at, [each.code for each in levels])
        if level.threshold is not None:
            if below is not None and below.threshold is not None and level.threshold <= below.threshold:
                problem = f"{level.threshold} does not ascend: {shown(below.code)} below it has {below.threshold}"
                yield Fault(f"{at}.threshold", problem, warning=True)
            below = level


def _type_faults(level: Level, at: str, per_level: bool) -> Iterator[Fault]:
    """What a type needs, and what it has no use for."""
    if level.spent_for and level.threshold is None:
        yield Fault(f"{at}.threshold", "is required: expected an integer of 0 or more")
    if level.paid_for:
        if level.price is None and not (per_level and level.prices):
            yield Fault(f"{at}.price", f"is required of a {level.type} level: expected an integer of 0 or more")
        if level.paid_validity is None:
            yield Fault(f"{at}.paid_validity", f"is required of a {level.type} level: expected permanent, days, months or years")
    useless = (*(() if level.spent_for else _SPENT_FOR), *(() if level.paid_for else _PRICED))
    for field in useless:
        if getattr(level, field) is not None:
            yield Fault(f"{at}.{field}", f"a {level.type} level has no use for this: leave it out")


def _price_faults(level: Level, at: str, codes: Sequence[str]) -> Iterator[Fault]:
    for held in level.prices or () if level.paid_for else ():
        if held not in codes:
            yield Fault(f"{at}.prices.{held}", f"there is no level with the code {shown(held)}{meant(held, codes)}")
    if isinstance(level.paid_validity, Span):
        yield from span_faults(level.paid_validity, f"{at}.paid_validity")
