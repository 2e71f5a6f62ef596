"""What must hold between definitions: codes that are unique, references that lead somewhere (spec 1.7, 1.8, 2.1, 2.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rules.definitions.checking.fault import Fault, listed, meant, shown
from rules.definitions.shapes import (
    Activity,
    AnyDefinition,
    CouponGift,
    CumulativeSpend,
    Organization,
    Program,
    StoreScope,
    TierUpgrade,
)

KINDS = ("activity", "program", "organization", "coupon")


class World:
    """The codes of a whole set of definitions, those of the wrong shape too, so that one mistake is said once.

    `places`: by kind and code, the positions of the documents that have it. `parsed`: the definition of each document,
    None for one of the wrong shape.
    """

    def __init__(self, documents: Sequence[Mapping[str, object]], parsed: Sequence[AnyDefinition | None]) -> None:
        self.parsed = parsed
        self.places: dict[str, dict[str, list[int]]] = {kind: {} for kind in KINDS}
        for position, document in enumerate(documents):
            kind, code = document.get("kind"), document.get("code")
            if isinstance(kind, str) and kind in self.places and isinstance(code, str):
                self.places[kind].setdefault(code, []).append(position)

    def definition(self, kind: str, code: str) -> AnyDefinition | None:
        """The first definition with the code; None when there is none, or it has the wrong shape."""
        positions = self.places[kind].get(code)
        return None if positions is None else self.parsed[positions[0]]

    def missing(self, kind: str, code: str, field: str) -> Iterator[Fault]:
        """A fault unless there is a definition of the kind with the code."""
        known = self.places[kind]
        if code not in known:
            yield Fault(field, f"there is no {kind} with the code {shown(code)}{meant(code, known)}")


def uniqueness_faults(position: int, document: Mapping[str, object], world: World, names: Sequence[str]) -> Iterator[Fault]:
    """A fault when another document has this one's kind and code; `names` says which."""
    kind, code = document.get("kind"), document.get("code")
    if isinstance(kind, str) and kind in world.places and isinstance(code, str):
        others = [names[other] for other in world.places[kind][code] if other != position]
        if others:
            yield Fault("code", f"another {kind} has the code {shown(code)}: {listed(others, 'and')}")


def reference_faults(definition: AnyDefinition, world: World) -> Iterator[Fault]:
    """References of one definition that lead nowhere, and parents that lead back to it."""
    if isinstance(definition, CumulativeSpend | TierUpgrade):
        yield from _activity(definition, world)
    elif isinstance(definition, Organization):
        yield from _parents(definition, world)


def default_program_faults(program: Program, world: World) -> Iterator[Fault]:
    """A fault unless exactly one of several programs is the default one (spec 1.7)."""
    programs = world.places["program"]
    defaults = [code for code in programs if _is_default(world.definition("program", code))]
    if len(programs) == 1:
        return
    if len(defaults) > 1 and program.default:
        others = [code for code in defaults if code != program.code]
        if others:
            yield Fault("default", f"only one program can be the default one; {listed(others, 'and')} is as well")
        return
    # Said once, of the first; and not while a program of the wrong shape may be the one.
    is_complete = all(world.definition("program", code) is not None for code in programs)
    if not defaults and is_complete and program.code == next(iter(programs)):
        yield Fault("default", f"none of the programs {listed(programs, 'and')} is the default one: set default: true in one")


def _is_default(definition: AnyDefinition | None) -> bool:
    return isinstance(definition, Program) and definition.default


def _activity(activity: Activity, world: World) -> Iterator[Fault]:
    if not world.places["program"] and not activity.programs:
        yield Fault("programs", "there is no program, so nobody could take part: add a document of kind: program")
    for position, code in enumerate(activity.programs):
        yield from world.missing("program", code, f"programs[{position}]")
    yield from _coupons(activity.gifts, "gifts", world)
    if isinstance(activity, TierUpgrade):
        for position, reference in enumerate(activity.levels):
            yield from _level(reference, activity.programs, f"levels[{position}]", world)
        return
    for number, step in enumerate(activity.condition.steps):
        yield from _coupons(step.gifts, f"condition.steps[{number}].gifts", world)
    if isinstance(activity.stores, StoreScope):
        for position, code in enumerate(activity.stores.organizations):
            yield from world.missing("organization", code, f"stores.organizations[{position}]")


def _coupons(gifts: Iterable[object], path: str, world: World) -> Iterator[Fault]:
    for position, gift in enumerate(gifts):
        if isinstance(gift, CouponGift):
            yield from world.missing("coupon", gift.coupon, f"{path}[{position}].coupon")


def _level(reference: str, programs: Sequence[str], field: str, world: World) -> Iterator[Fault]:
    program_code, slash, level_code = reference.partition("/")
    if not (program_code and slash and level_code) or "/" in level_code:
        yield Fault(field, f"expected program/level, or program/* for every level, got {shown(reference)}")
        return
    yield from world.missing("program", program_code, field)
    if programs and program_code not in programs:
        yield Fault(field, f"{shown(program_code)} is not among the activity's programs, so this never fires", warning=True)
    program = world.definition("program", program_code)
    if not isinstance(program, Program):
        return
    levels = {level.code: level for level in program.levels}
    if level_code == "*":
        if not any(level.enabled for level in program.levels):
            yield Fault(field, f"program {shown(program_code)} has no enabled level, so this never fires", warning=True)
    elif level_code not in levels:
        yield Fault(
            field,
            f"program {shown(program_code)} has no level with the code {shown(level_code)}{meant(level_code, levels)}",
        )
    elif not levels[level_code].enabled:
        yield Fault(field, "the level is disabled, so this never fires", warning=True)


def _parents(organization: Organization, world: World) -> Iterator[Fault]:
    if organization.parent is None:
        return
    yield from world.missing("organization", organization.parent, "parent")
    way = [organization.code]
    parent: str | None = organization.parent
    while parent is not None and parent not in way:
        way.append(parent)
        above = world.definition("organization", parent)
        parent = above.parent if isinstance(above, Organization) else None
    if parent == organization.code:
        yield Fault("parent", f"an organization cannot be below itself: {' < '.join([*way, parent])}")
