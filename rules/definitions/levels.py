"""The rungs of a program's ladder, as they are defined (spec 3.2, 3.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from rules.definitions.checking.fault import Fault, meant, shown
from rules.definitions.checking.shape import shape_faults
from rules.definitions.fields import Amount, Code, Count, Text
from rules.definitions.standards import Span, span_faults

_PRICED = ("price", "prices", "paid_validity")
_SPENT_FOR = ("threshold", "lock_in_amount")
UPGRADE_POINTS = "upgrade_points"


class UpgradePoints(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag=UPGRADE_POINTS, tag_field="kind"):
    """Points for a level that is gained, the first time only; with `paid_only`, at its first payment (spec 3.8)."""

    code: Code
    name: Text
    icon: str | None = None
    description: str = ""
    points: Count
    paid_only: bool = False


class Level(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rung of a program's ladder (spec 3.2). A basic level has a threshold, a paid one a price, a dual one both."""

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


def upgrade_points_of(level: Level) -> list[UpgradePoints]:
    """Its benefits of that kind; not those of another shape, which an older release may have published, as it gave none."""
    written = [each for each in level.benefits if each.get("kind") == UPGRADE_POINTS]
    return [msgspec.convert(each, UpgradePoints) for each in written if not shape_faults(each, UpgradePoints)]


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


def benefit_faults(level: Level, at: str) -> Iterator[Fault]:
    """What is wrong with the benefits of a level, which is at that path."""
    codes: dict[object, int] = {}
    others = False
    for position, benefit in enumerate(level.benefits):
        field = f"{at}.benefits[{position}]"
        if benefit.get("kind") != UPGRADE_POINTS:
            others = True
            continue
        faults = shape_faults(benefit, UpgradePoints, field)
        yield from faults
        first = codes.setdefault(benefit.get("code"), position)
        if not faults and first != position:
            yield Fault(f"{field}.code", f"{shown(benefit.get('code'))} is the code of benefits[{first}] already")
        if benefit.get("paid_only") is True and level.type == "basic":
            yield Fault(f"{field}.paid_only", "nobody pays for a basic level: it is never given", warning=True)
    if others:
        yield Fault(f"{at}.benefits", "are kept as they are written; none but upgrade_points is given to members yet", warning=True)
