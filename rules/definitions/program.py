"""A ladder of levels, and how they are reached (spec 3.1, 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from rules.benefits.compiled import compile_benefits, names_of
from rules.benefits.kinds import upgrade_points_of
from rules.definitions.checking.benefits import benefit_faults
from rules.definitions.checking.fault import NAMED_MAX, Fault, some_listed
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import CHANNELS, Channel, Code, Currency, Text, Time
from rules.definitions.kind import Kind
from rules.definitions.levels import Level, level_faults
from rules.definitions.saved import Saved
from rules.definitions.standards import LockIn, Paid, Span, Standard, span_faults, standard_faults, validity_faults
from rules.levels.standards import STANDARDS
from rules.rulebook.compiled.level import CompiledLevel, UpgradePoints
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.programs import Programs
from rules.state import ALWAYS_MS, ALWAYS_US
from rules.times import epoch_us

PLAN_LEVELS_MAX = {"lite": 0, "starter": 1, "growth": 3, "pro": 5}
# What these plans leave at its default (spec 3.1).
_SMALL_PLANS = ("lite", "starter")
_NOT_OF_SMALL_PLANS = ("active_from", "measure", "standard", "validity", "spending_downgrade", "lock_in", "paid")


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
    order_url: str = ""
    active_from: Time | None = None
    measure: Literal["amount", "points"] = "amount"
    standard: Standard = Standard()
    validity: Literal["permanent"] | Span = "permanent"
    spending_downgrade: bool = False
    lock_in: LockIn | None = None
    paid: Paid = Paid()
    participating_channels: Literal["all"] | tuple[Channel, ...] = "all"
    levels: tuple[Level, ...] = ()


def _faults(program: Program, _document: Mapping[str, object]) -> Iterator[Fault]:
    yield from level_faults(program.levels, program.paid.pricing == "per_level")
    yield from standard_faults(program.standard)
    yield from validity_faults(program.validity)
    yield from _history_faults(program)
    yield from _lock_in_faults(program)
    if program.participating_channels == ():
        yield Fault("participating_channels", "is empty: list at least one, or leave it out for all")


def _history_faults(program: Program) -> Iterator[Fault]:
    """By history each document judges afresh, up and down: there is no term, and nothing to choose (spec 3.1)."""
    if program.standard.name != "history":
        return
    if program.validity != "permanent":
        yield Fault("validity", "by history a level holds as long as the sum reaches it: leave it at permanent, the default")
    if program.spending_downgrade:
        yield Fault("spending_downgrade", "by history a refund always lowers what it undoes: leave it at false, the default")


def _lock_in_faults(program: Program) -> Iterator[Fault]:
    if program.lock_in is None:
        return
    if program.validity == "permanent":
        yield Fault("lock_in", "prolongs a term, and a permanent validity has none: leave it out, or limit the validity")
    yield from span_faults(program.lock_in.extend, "lock_in.extend")
    for position, level in enumerate(program.levels):
        if level.enabled and level.spent_for and level.lock_in_amount is None:
            problem = "is required of every enabled basic or dual level, as the program has a lock_in"
            yield Fault(f"levels[{position}].lock_in_amount", problem)


def _plan_faults(program: Program) -> Iterator[Fault]:
    if program.plan is None:
        return
    most, count = PLAN_LEVELS_MAX[program.plan], len(program.levels)
    if count > most:
        yield Fault("levels", f"plan {program.plan} has at most {most}, disabled ones counted; there are {count}")
    if program.plan in _SMALL_PLANS:
        for field in _NOT_OF_SMALL_PLANS:
            if _is_changed(program, field):
                yield Fault(field, f"plan {program.plan} cannot change this: leave it out")


def _is_changed(program: Program, field: str) -> bool:
    """Whether a field is not at its default."""
    if field == "standard":
        return program.standard.name != "history" or program.standard.include_imported
    return bool(getattr(program, field) != getattr(_DEFAULTS, field))


_DEFAULTS = Program(code="-", name="-", currency="XXX")


def _set_faults(program: Program, whole: WholeSet) -> Iterator[Fault]:
    if program.enabled and not any(level.enabled for level in program.levels):
        yield Fault("enabled", "a program without an enabled level cannot be enabled: add or enable one, or leave it out")
    for position, level in enumerate(program.levels):
        yield from benefit_faults(level.benefits, level.type, f"levels[{position}].benefits")
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


def _compile(program: Program, saved: Saved, ref: int, first_ref: int, _programs: Programs) -> CompiledProgram:
    ladder = tuple(_compile_level(level) for level in program.levels)
    lock_in, period = program.lock_in, program.standard.period
    return CompiledProgram(
        ref=ref,
        first_ref=first_ref,
        version=saved.version,
        code=program.code,
        saved_us=saved.saved_us,
        holds_from_ms=ALWAYS_MS,
        existing_from_ms=ALWAYS_MS,
        currency=program.currency,
        timezone=program.timezone,
        default=program.default,
        off=program.enabled is False,
        active_from_us=ALWAYS_US if program.active_from is None else epoch_us(program.active_from),
        points=program.measure == "points",
        include_imported=program.standard.include_imported,
        standard=STANDARDS.get(program.standard.name),
        period=(0, 0) if period is None else period.of(),
        validity=program.validity.of() if isinstance(program.validity, Span) else None,
        spending_downgrade=program.spending_downgrade,
        lock_in=None if lock_in is None else lock_in.extend.of(),
        lock_in_by_order=lock_in is not None and lock_in.by == "single_order",
        per_level=program.paid.pricing == "per_level",
        ladder=ladder,
        name=program.name,
        rules=program.rules,
        channels=CHANNELS if program.participating_channels == "all" else frozenset(program.participating_channels),
    )


def _compile_level(level: Level) -> CompiledLevel:
    paid_validity = level.paid_validity
    return CompiledLevel(
        code=level.code,
        enabled=level.enabled,
        threshold=level.threshold,
        lock_in_amount=level.lock_in_amount if level.spent_for else None,
        paid_for=level.paid_for,
        price=level.price,
        prices=level.prices or {},
        paid_validity=paid_validity.of() if isinstance(paid_validity, Span) else None,
        upgrade_points=tuple(
            UpgradePoints(each.code, each.points, each.paid_only)
            for document in level.benefits
            if (each := upgrade_points_of(document)) is not None
        ),
        benefits=compile_benefits(level.benefits),
        name=level.name,
        shown=names_of(level.benefits),
        discounts=names_of(level.benefits, only_discounts=True),
    )


PROGRAM = Kind(
    name="program",
    shape=Program,
    faults=_faults,
    set_faults=_set_faults,
    compile=_compile,
)
