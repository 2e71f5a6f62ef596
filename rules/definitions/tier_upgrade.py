"""An activity that grants when a member is upgraded to a level or past it (spec 2.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from rules.definitions.activity import (
    OfNoOrder,
    activity_faults,
    activity_references,
    changed_of_activity,
    dates,
    restricting_faults,
)
from rules.definitions.checking.fault import Fault, meant, shown
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.gifts import Gifts, notified
from rules.definitions.kind import Kind
from rules.definitions.program import Program
from rules.definitions.saved import Saved
from rules.gifts.terms import compile_terms
from rules.rulebook.compiled.tier_upgrade import CompiledTierUpgrade
from rules.rulebook.programs import Programs
from rules.rulebook.shapes import set_reshaped


class TierUpgrade(OfNoOrder, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="tier_upgrade", tag_field="type"):
    """The definition. An upgrade has no store, channel or coupon of its own: only the values that restrict nothing are accepted."""

    # program/level, or program/*
    levels: Annotated[tuple[str, ...], Meta(min_length=1)]
    regain: bool = False
    gifts: Gifts


def _faults(activity: TierUpgrade, document: Mapping[str, object]) -> Iterator[Fault]:
    yield from activity_faults(activity, document)
    yield from restricting_faults(activity, "an upgrade is none (spec 2.8)")


def _set_faults(activity: TierUpgrade, whole: WholeSet) -> Iterator[Fault]:
    yield from activity_references(activity, whole)
    for position, reference in enumerate(activity.levels):
        yield from _level(reference, activity.programs, f"levels[{position}]", whole)


def _level(reference: str, programs: Sequence[str], field: str, whole: WholeSet) -> Iterator[Fault]:
    program_code, slash, level_code = reference.partition("/")
    if not (program_code and slash and level_code) or "/" in level_code:
        yield Fault(field, f"expected program/level, or program/* for every level, got {shown(reference)}")
        return
    yield from whole.missing("program", program_code, field)
    if programs and program_code not in programs:
        yield Fault(field, f"{shown(program_code)} is not among the activity's programs, so this never fires", warning=True)
    program = whole.definition("program", program_code)
    if not isinstance(program, Program):
        return
    levels = {level.code: level for level in program.levels}
    if level_code == "*":
        if not any(level.enabled for level in program.levels):
            yield Fault(field, f"program {shown(program_code)} has no enabled level, so this never fires", warning=True)
    elif level_code not in levels:
        hint = meant(level_code, levels)
        yield Fault(field, f"program {shown(program_code)} has no level with the code {shown(level_code)}{hint}")
    elif not levels[level_code].enabled:
        yield Fault(field, "the level is disabled, so this never fires", warning=True)


def _compile(activity: TierUpgrade, saved: Saved, ref: int, first_ref: int, programs: Programs) -> CompiledTierUpgrade:
    document = saved.document
    from_us, until_ms = dates(activity)
    of_programs, currency = programs.of_activity(activity.programs, activity.currency, first_ref)
    return CompiledTierUpgrade(
        ref=ref,
        first_ref=first_ref,
        version=saved.version,
        code=activity.code,
        from_us=from_us,
        until_ms=until_ms,
        regain=activity.regain,
        levels=tuple(
            f"{program}/{level}"
            for program in of_programs
            for level in programs.levels(program)
            if f"{program}/{level}" in activity.levels or f"{program}/*" in activity.levels
        ),
        gifts=Raw(msgspec.json.encode(document["gifts"])),
        terms=compile_terms(
            activity.gifts,
            document["gifts"],  # type: ignore[arg-type]
            programs.timezone(activity.programs, activity.timezone, first_ref),
            activity.notify,
        ),
        notify=notified(document, activity.gifts),
        currency=currency,
        limits=None if activity.limits.none else activity.limits,
    )


TIER_UPGRADE = Kind(
    name="tier_upgrade",
    shape=TierUpgrade,
    faults=_faults,
    set_faults=_set_faults,
    changed=changed_of_activity,
    compile=_compile,
    link=set_reshaped,
)
