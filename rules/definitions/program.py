"""A ladder of levels, and how they are reached (spec 3.1, 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from rules.definitions.checking.fault import NAMED_MAX, Fault, shown, some_listed
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Amount, Channel, Code, Currency, Text, Time
from rules.definitions.kind import Kind
from rules.definitions.saved import Saved
from rules.levels import off
from rules.levels.standards import STANDARDS
from rules.rulebook.compiled import CompiledLevel, CompiledProgram, ladder_of
from rules.rulebook.programs import Programs
from rules.state import ALWAYS_MS
from rules.times import epoch_ms

PLAN_LEVELS_MAX = {"lite": 0, "starter": 1, "growth": 3, "pro": 5}
_REFUSED_OF_LEVELS = {
    "lock_in_amount": "lock-in (spec 3.1)",
    "price": "levels that are paid for (spec 3.2)",
    "prices": "levels that are paid for (spec 3.2)",
    "paid_validity": "levels that are paid for (spec 3.2)",
}


class Standard(Struct, frozen=True, forbid_unknown_fields=True):
    """By what spending a level is reached (spec 3.1)."""

    mode: Literal["total"] = "total"
    window: Literal["history"] = "history"
    include_imported: bool = False


class Paid(Struct, frozen=True, forbid_unknown_fields=True):
    """How levels that are paid for are priced; there are none yet (spec 3.1)."""

    pricing: Literal["unified"] = "unified"


class Level(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rung of a program's ladder (spec 3.2)."""

    code: Code
    name: Text
    card_style: str | None = None
    badge: str | None = None
    type: Literal["basic"] = "basic"
    threshold: Amount
    enabled: bool = True
    benefits: tuple[dict[str, object], ...] = ()


class Program(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="program", tag_field="kind"):
    """The definition. The order of `levels` is the ladder's, lowest first."""

    code: Code
    name: Text
    timezone: str = "UTC"
    currency: Currency
    # None: enabled when it has an enabled level.
    enabled: bool | None = None
    default: bool = False
    plan: Literal["lite", "starter", "growth", "pro"] | None = None
    rules: str = ""
    instructions: str = ""
    notice: str = ""
    active_from: Time | None = None
    measure: Literal["amount"] = "amount"
    standard: Standard = Standard()
    validity: Literal["permanent"] = "permanent"
    spending_downgrade: bool = False
    paid: Paid = Paid()
    participating_channels: Literal["all"] | tuple[Channel, ...] = "all"
    levels: tuple[Level, ...] = ()


def _faults(program: Program, _document: Mapping[str, object]) -> Iterator[Fault]:
    yield from _level_faults(program)
    if program.participating_channels == ():
        yield Fault("participating_channels", "is empty: list at least one, or leave it out for all")


def _level_faults(program: Program) -> Iterator[Fault]:
    positions: dict[str, int] = {}
    for position, level in enumerate(program.levels):
        first = positions.setdefault(level.code, position)
        if first != position:
            yield Fault(f"levels[{position}].code", f"{shown(level.code)} is the code of levels[{first}] already")
        if level.benefits:
            yield Fault(f"levels[{position}].benefits", "are kept as they are written; none is given to members yet", warning=True)
        if position and level.threshold <= program.levels[position - 1].threshold:
            below = program.levels[position - 1]
            yield Fault(
                f"levels[{position}].threshold",
                f"{level.threshold} does not ascend: {shown(below.code)} below it has {below.threshold}",
                warning=True,
            )


def _plan_faults(program: Program) -> Iterator[Fault]:
    if program.plan is None:
        return
    most, count = PLAN_LEVELS_MAX[program.plan], len(program.levels)
    if count > most:
        yield Fault("levels", f"plan {program.plan} has at most {most}, disabled ones counted; there are {count}")
    if program.plan not in ("lite", "starter"):
        return
    # What else these plans cannot change has one value only as yet, which `_refused` sees to.
    changed = {
        "active_from": program.active_from is not None,
        "standard": program.standard != Standard(),
        "participating_channels": program.participating_channels != "all"
        and set(program.participating_channels) != {"pos", "online"},
    }
    for field, is_changed in changed.items():
        if is_changed:
            yield Fault(field, f"plan {program.plan} cannot change this: leave it out")


def _set_faults(program: Program, whole: WholeSet) -> Iterator[Fault]:
    if program.enabled and not any(level.enabled for level in program.levels):
        yield Fault("enabled", "a program without an enabled level cannot be enabled: add or enable one, or leave it out")
    yield from _plan_faults(program)
    yield from _default_faults(program, whole)


def _default_faults(program: Program, whole: WholeSet) -> Iterator[Fault]:
    """A fault unless exactly one of several programs is the default one (spec 1.7)."""
    programs, defaults = whole.places["program"], whole.default_programs
    if len(programs) == 1:
        return
    if len(defaults) > 1 and program.default:
        others = [code for code in defaults[: NAMED_MAX + 1] if code != program.code]
        if others:
            several = f"{some_listed(others, len(defaults) - 1)} is as well"
            yield Fault("default", f"only one program can be the default one; {several}")
        return
    # Said once, of the first; and not while a program of the wrong shape may be the one.
    if not defaults and whole.programs_are_read and program.code == next(iter(programs)):
        none = f"none of the programs {some_listed(list(programs), len(programs))} is the default one"
        yield Fault("default", f"{none}: set default: true in one")


def _refused(document: Mapping[str, object]) -> Iterator[Fault]:
    """Values that are the spec's defaults ask for nothing and are accepted; the shape has a place for them."""
    if document.get("measure") == "points":
        yield _not_yet("measure", "levels by points (spec 3.1)", "use amount, the default")
    standard = document.get("standard")
    if isinstance(standard, Mapping):
        if standard.get("mode") == "each":
            yield _not_yet("standard.mode", "each (spec 3.1)", "use total, the default")
        window = standard.get("window")
        if window in ("since_upgrade", "period"):
            yield _not_yet("standard.window", f"{window} (spec 3.1)", "use history, the default")
        if "period" in standard:
            yield _not_yet("standard.period", "a period (spec 3.1)", "leave it out")
    if isinstance(document.get("validity"), Mapping):
        yield _not_yet("validity", "a limited validity (spec 3.1)", "use permanent, the default")
    if document.get("spending_downgrade") is True:
        yield _not_yet(
            "spending_downgrade",
            "true, which is for mode each and the windows since_upgrade and period only (spec 3.1),",
            "use false, the default; in history a refund always lowers the level that it undoes (spec 3.5)",
        )
    if "lock_in" in document:
        yield _not_yet("lock_in", "lock-in (spec 3.1)", "leave it out")
    paid = document.get("paid")
    if isinstance(paid, Mapping) and paid.get("pricing") == "per_level":
        yield _not_yet("paid.pricing", "per_level (spec 3.1)", "use unified, the default")
    yield from _refused_levels(document.get("levels"))


def _refused_levels(levels: object) -> Iterator[Fault]:
    for position, level in enumerate(levels if isinstance(levels, list) else ()):
        if not isinstance(level, Mapping):
            continue
        if level.get("type") in ("paid", "dual"):
            yield _not_yet(f"levels[{position}].type", f"{level['type']} (spec 3.2)", "use basic, the default")
        for field, what in _REFUSED_OF_LEVELS.items():
            if field in level:
                yield _not_yet(f"levels[{position}].{field}", what, "leave it out")


def _not_yet(field: str, what: str, instead: str) -> Fault:
    return Fault(field, f"{what} is not supported yet: {instead}")


def _compile(program: Program, _saved: Saved, ref: int, first_ref: int, _programs: Programs) -> CompiledProgram:
    ladder = tuple(CompiledLevel(level.code, level.threshold, level.enabled) for level in program.levels)
    reached_at, held = ladder_of(ladder)
    return CompiledProgram(
        ref=ref,
        first_ref=first_ref,
        code=program.code,
        holds_from_ms=ALWAYS_MS,
        currency=program.currency,
        timezone=program.timezone,
        default=program.default,
        active_from_ms=ALWAYS_MS if program.active_from is None else epoch_ms(program.active_from),
        include_imported=program.standard.include_imported,
        standard=off if program.enabled is False else STANDARDS[program.standard.mode, program.standard.window],
        ladder=ladder,
        positions={level.code: position for position, level in enumerate(ladder)},
        reached_at=reached_at,
        held=held,
    )


PROGRAM = Kind(
    name="program",
    shape=Program,
    faults=_faults,
    set_faults=_set_faults,
    refused=_refused,
    compile=_compile,
)
