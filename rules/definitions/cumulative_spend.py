"""An activity that grants when a member's spending in it reaches a threshold (spec 2.1 to 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import gcd
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from rules.definitions.activity import (
    Activity,
    activity_faults,
    activity_references,
    changed_of_activity,
    dates,
    within_budget,
)
from rules.definitions.checking.fault import Fault
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import CHANNELS, SERVICE_TYPES, Count
from rules.definitions.gifts import Gifts, gift_faults, gift_references, notified
from rules.definitions.kind import Kind
from rules.definitions.saved import Saved
from rules.definitions.scopes import (
    ItemScope,
    NotWith,
    StoreScope,
    item_scope_faults,
    not_with_faults,
    store_scope_faults,
    store_scope_references,
)
from rules.gifts.terms import compile_terms
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.epochs import set_epochs
from rules.rulebook.programs import Programs
from rules.rulebook.shapes import set_reshaped
from rules.state import NEVER_MS


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the ascending thresholds of a `once` condition (spec 2.2)."""

    threshold: Count
    gifts: Gifts


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """What a member must reach (spec 2.2). Either `threshold` or, with mode once, `steps`."""

    items: Literal["any", "designated"]
    mode: Literal["once", "every"]
    measure: Literal["amount", "pieces"]
    threshold: Count | None = None
    steps: Annotated[tuple[Step, ...], Meta(max_length=100)] = ()


class CumulativeSpend(Activity, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="cumulative_spend", tag_field="type"):
    """The definition. `gifts`: steps have gifts of their own."""

    condition: Condition
    item_scope: ItemScope | None = None
    stores: Literal["all"] | StoreScope = "all"
    not_with: NotWith = NotWith()


def _faults(activity: CumulativeSpend, document: Mapping[str, object]) -> Iterator[Fault]:
    yield from activity_faults(activity, document)
    condition = activity.condition
    yield from _condition_faults(condition)
    yield from item_scope_faults(activity.item_scope, condition.items)
    for position, step in enumerate(condition.steps):
        yield from gift_faults(step.gifts, f"condition.steps[{position}].gifts")
    if condition.mode == "once" and condition.steps and activity.gifts:
        yield Fault("gifts", "steps have gifts of their own: move these to the steps")
    if not condition.steps and not activity.gifts:
        yield Fault("gifts", "is required: list at least one gift")
    yield from store_scope_faults(activity.stores)
    yield from not_with_faults(activity.not_with)


def _condition_faults(condition: Condition) -> Iterator[Fault]:
    if condition.mode == "every" and condition.steps:
        yield Fault("condition.steps", "are for mode once only: use a threshold, or mode once")
    elif condition.threshold is None and not condition.steps:
        wanted = "a threshold" if condition.mode == "every" else "a threshold or steps"
        yield Fault("condition.threshold", f"is required: mode {condition.mode} needs {wanted}")
    elif condition.threshold is not None and condition.steps:
        yield Fault("condition.steps", "either a threshold or steps: leave one of them out")
    for position in range(1, len(condition.steps)):
        before, threshold = condition.steps[position - 1].threshold, condition.steps[position].threshold
        if threshold <= before:
            yield Fault(
                f"condition.steps[{position}].threshold",
                f"thresholds of steps must ascend: expected more than {before}, got {threshold}",
            )


def _set_faults(activity: CumulativeSpend, whole: WholeSet) -> Iterator[Fault]:
    yield from activity_references(activity, whole)
    for number, step in enumerate(activity.condition.steps):
        yield from gift_references(step.gifts, f"condition.steps[{number}].gifts", whole)
        yield from within_budget(activity, step.gifts, f"condition.steps[{number}].gifts", whole)
    yield from store_scope_references(activity.stores, whole)


def _changed(before: CumulativeSpend, after: CumulativeSpend) -> str | None:
    was, now = before.condition, after.condition
    for name in ("mode", "measure", "items"):
        if getattr(was, name) != getattr(now, name):
            return f"condition.{name}"
    if [step.threshold for step in was.steps] != [step.threshold for step in now.steps]:
        return "condition.steps"
    return changed_of_activity(before, after)


def _compile(activity: CumulativeSpend, saved: Saved, ref: int, first_ref: int, programs: Programs) -> CompiledActivity:
    document = saved.document
    condition, scope, stores, not_with = activity.condition, activity.item_scope, activity.stores, activity.not_with
    from_us, until_ms = dates(activity)
    of_programs, currency = programs.of_activity(activity.programs, activity.currency, first_ref)
    raw_steps = document["condition"].get("steps") or ()  # type: ignore[attr-defined]
    all_gifts = (*activity.gifts, *(gift for step in condition.steps for gift in step.gifts))
    thresholds = tuple(step.threshold for step in condition.steps)
    threshold = condition.threshold if condition.threshold is not None else thresholds[0]
    zone = programs.timezone(activity.programs, activity.timezone, first_ref)
    given = [(step.gifts, raw["gifts"]) for step, raw in zip(condition.steps, raw_steps, strict=True)]
    raw_gifts = [*(document.get("gifts") or []), *(gift for raw in raw_steps for gift in raw["gifts"])]  # type: ignore[misc]
    return CompiledActivity(
        ref=ref,
        first_ref=first_ref,
        version=saved.version,
        code=activity.code,
        from_ms=from_us // 1000,
        from_us=from_us,
        until_ms=until_ms,
        by_amount=condition.measure == "amount",
        every=condition.mode == "every",
        threshold=threshold,
        steps=thresholds,
        last_ordinal=NEVER_MS if condition.mode == "every" else max(1, len(thresholds)),
        gifts=Raw(msgspec.json.encode(raw_gifts)),
        step_gifts=tuple(Raw(msgspec.json.encode(step["gifts"])) for step in raw_steps),
        terms=tuple(compile_terms(gifts, raw, zone, activity.notify) for gifts, raw in (*given, (all_gifts, raw_gifts))),
        notify=notified(document, all_gifts),
        programs=of_programs,
        currency=currency,
        stores=frozenset(stores.stores) if isinstance(stores, StoreScope) else None,
        organizations=frozenset(stores.organizations) if isinstance(stores, StoreScope) else frozenset(),
        service_types=frozenset(activity.service_types or SERVICE_TYPES),
        channels=frozenset(activity.channels or CHANNELS),
        not_with=not_with,
        shareable=not (not_with.coupons or not_with.promotions or not_with.benefits or not_with.assets),
        include=frozenset(scope.include) if scope is not None and scope.include is not None else None,
        exclude=frozenset(scope.exclude or ()) if scope is not None else frozenset(),
        epoch=ref,
        stride=gcd(*thresholds or (threshold,)),
        limits=None if activity.limits.none else activity.limits,
    )


def _link(versions: Sequence[CompiledActivity]) -> None:
    set_epochs(versions)
    set_reshaped(versions)


CUMULATIVE_SPEND = Kind(
    name="cumulative_spend",
    shape=CumulativeSpend,
    faults=_faults,
    set_faults=_set_faults,
    changed=_changed,
    compile=_compile,
    link=_link,
)
