"""All definitions in force, compiled: which activities an order can count in, found by what the order has (spec 1.8, 2.3, 2.5).

An order pays only for activities that can match it: candidates are found by (time, store, channel, service type, currency,
programs) and by sku, and are remembered, since most orders of a store look alike.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import gcd
from typing import TypeVar

import msgspec
from msgspec import Raw

from rules.definitions.shapes import (
    AnyDefinition,
    CouponGift,
    CumulativeSpend,
    Gift,
    Organization,
    Program,
    Saved,
    StoreScope,
    TierUpgrade,
    parse,
)
from rules.levels.standards import STANDARDS
from rules.rulebook.compiled import Candidates, CompiledActivity, CompiledLevel, CompiledProgram, CompiledTierUpgrade
from rules.state import ALWAYS_MS, NEVER_MS
from rules.times import epoch_ms

# How long after it was saved a later version holds, so that every worker has read it by then (spec 2.5).
LATER_VERSION_DELAY_MS = 10_000
MAX_REMEMBERED_CANDIDATES = 100_000

_T = TypeVar("_T", bound=AnyDefinition)


def _holds_from(number: int, version: Saved) -> int:
    """From when the number-th version holds: the first from its start, a later one once every worker has it (spec 2.5)."""
    if number == 0:
        return ALWAYS_MS
    return version.saved_at_ms + LATER_VERSION_DELAY_MS


def _in_force(versions: Sequence[tuple[int, _T]], time_ms: int) -> _T:
    """The version that holds at a time; versions come with the time from which each holds, oldest first."""
    chosen = versions[0][1]
    for holds_from_ms, version in versions[1:]:
        if holds_from_ms <= time_ms:
            chosen = version
    return chosen


def _as(shape: type[_T], version: Saved) -> _T:
    """The definition of a version, of the shape that its kind says."""
    definition = parse(version.document)
    assert isinstance(definition, shape), version
    return definition


def _notify(document: dict[str, object], gifts: Sequence[Gift]) -> Raw | None:
    """The definition's `notify` as JSON, where there is one and a coupon is among the gifts (spec 4.3)."""
    if document.get("notify") is None or not any(isinstance(gift, CouponGift) for gift in gifts):
        return None
    return Raw(msgspec.json.encode(document["notify"]))


class Rulebook:
    """All definitions in force, compiled. Made anew when a definition arrives; never changed."""

    def __init__(self, saved: Iterable[tuple[int, Saved]]) -> None:
        """`saved`: versions with their refs (offset on the definitions topic), as `streams.definitions` reads them."""
        by_code: dict[tuple[str, str], list[tuple[int, Saved]]] = {}
        for ref, version in saved:
            by_code.setdefault((version.kind, version.code), []).append((ref, version))
        self.programs: dict[str, list[CompiledProgram]] = {}
        self.activities: dict[int, CompiledActivity] = {}
        # By program/level.
        self.upgrades: dict[str, list[CompiledTierUpgrade]] = {}
        self.coupons: dict[str, dict[str, object]] = {}
        self._organizations: dict[str, list[tuple[int, Organization]]] = {}
        self.default_program: str | None = None
        for (kind, code), versions in by_code.items():
            if kind == "program":
                self._add_program(code, versions)
            elif kind == "organization":
                self._organizations[code] = [(_holds_from(n, v), _as(Organization, v)) for n, (_, v) in enumerate(versions)]
            elif kind == "coupon":
                self.coupons[code] = versions[-1][1].document
        for (kind, _), versions in by_code.items():
            if kind == "activity":
                self._add_activity(versions)
        self._boundaries = self._find_boundaries()
        self._remembered: dict[tuple[object, ...], Candidates] = {}
        # By what an order has beside its store; and by the refs of the activities in them.
        self._of_any_store: dict[tuple[object, ...], list[CompiledActivity]] = {}
        self._alike: dict[tuple[int, ...], Candidates] = {}

    def program(self, code: str, now_ms: int) -> CompiledProgram | None:
        """The version of a program that holds at a time; None where there is no such program."""
        versions = self.programs.get(code)
        if versions is None:
            return None
        chosen = versions[0]
        if len(versions) == 1:
            return chosen
        for version in versions[1:]:
            if version.holds_from_ms <= now_ms:
                chosen = version
        return chosen

    def changed_until(self, now_ms: int) -> int:
        """The ref of the newest later version of a program that holds; -1 where none was changed (spec 3.5, 3.6)."""
        return max(
            (version.ref for versions in self.programs.values() for version in versions[1:] if version.holds_from_ms <= now_ms),
            default=-1,
        )

    def candidates(
        self,
        placed_ms: int,
        store_id: str,
        channel: str,
        service_type: str | None,
        currency: str,
        programs: str | tuple[str, ...],
    ) -> Candidates:
        """What can count, of an order placed then and there, for a member of these programs (one, or several sorted)."""
        segment = bisect_right(self._boundaries, placed_ms)
        key = (segment, store_id, channel, service_type, currency, programs)
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= MAX_REMEMBERED_CANDIDATES:
                self._remembered.clear()
                self._of_any_store.clear()
                self._alike.clear()
            of_any_store = self._of_any_store.get((segment, *key[2:]))
            if of_any_store is None:
                of_any_store = self._find_of_any_store(placed_ms, channel, service_type, currency, programs)
                self._of_any_store[(segment, *key[2:])] = of_any_store
            found = self._remembered[key] = self._find_candidates(of_any_store, store_id, placed_ms)
        return found

    def _find_of_any_store(
        self, placed_ms: int, channel: str, service_type: str | None, currency: str, programs: str | tuple[str, ...]
    ) -> list[CompiledActivity]:
        """The activities that can match, whatever the store."""
        of_member = {programs} if isinstance(programs, str) else set(programs)
        return [
            activity
            for activity in self.activities.values()
            if activity.from_ms <= placed_ms < activity.until_ms
            and activity.currency == currency
            and channel in activity.channels
            and (len(activity.service_types) == 3 or service_type in activity.service_types)
            and not of_member.isdisjoint(activity.programs)
        ]

    def _find_candidates(self, of_any_store: Sequence[CompiledActivity], store_id: str, placed_ms: int) -> Candidates:
        """What of these the store leaves. Stores to which the same activities apply share theirs: they can be large."""
        organizations = self._organizations_of(store_id, placed_ms)
        # A store in no document matches `all` only (spec 1.8).
        listed = {store_id} if organizations else set()
        matching = [
            activity
            for activity in of_any_store
            if activity.stores is None or listed & activity.stores or organizations & activity.organizations
        ]
        refs = tuple(activity.ref for activity in matching)
        found = self._alike.get(refs)
        if found is None:
            found = self._alike[refs] = Candidates.of(matching)
        return found

    def _organizations_of(self, store_id: str, time_ms: int) -> set[str]:
        """Codes of the organizations that have the store, itself or through those below them, at a time (spec 1.8)."""
        in_force = {code: _in_force(versions, time_ms) for code, versions in self._organizations.items()}
        found: set[str] = set()
        for code, organization in in_force.items():
            if store_id in organization.stores:
                above: str | None = code
                while above is not None and above not in found:
                    found.add(above)
                    above = in_force[above].parent if above in in_force else None
        return found

    def _find_boundaries(self) -> list[int]:
        """Every time at which what can match changes, ascending."""
        times = {time for activity in self.activities.values() for time in (activity.from_ms, activity.until_ms)}
        times.update(holds_from for versions in self._organizations.values() for holds_from, _ in versions)
        return sorted(times)

    def _add_program(self, code: str, versions: Sequence[tuple[int, Saved]]) -> None:
        compiled = []
        for number, (ref, version) in enumerate(versions):
            program = _as(Program, version)
            ladder = tuple(CompiledLevel(level.code, level.threshold, level.enabled) for level in program.levels)
            reached_at: list[int] = []
            held: list[str | None] = [None]
            if program.enabled is not False:
                lowest = NEVER_MS
                for level in reversed([level for level in ladder if level.enabled]):
                    lowest = min(lowest, level.threshold)
                    reached_at.insert(0, lowest)
                    held.insert(1, level.code)
            compiled.append(
                CompiledProgram(
                    ref=ref,
                    first_ref=versions[0][0],
                    code=code,
                    holds_from_ms=_holds_from(number, version),
                    currency=program.currency,
                    timezone=program.timezone,
                    active_from_ms=ALWAYS_MS if program.active_from is None else epoch_ms(program.active_from),
                    include_imported=program.standard.include_imported,
                    standard=STANDARDS[program.standard.mode, program.standard.window],
                    ladder=ladder,
                    positions={level.code: position for position, level in enumerate(ladder)},
                    reached_at=tuple(reached_at),
                    held=tuple(held),
                )
            )
            if program.default or self.default_program is None:
                self.default_program = code
        self.programs[code] = compiled

    def _add_activity(self, versions: Sequence[tuple[int, Saved]]) -> None:
        first_ref = versions[0][0]
        chain: list[CompiledActivity] = []
        for number, (ref, version) in enumerate(versions):
            activity = parse(version.document)
            assert isinstance(activity, CumulativeSpend | TierUpgrade)
            if activity.draft:
                continue
            holds_from = _holds_from(number, version)
            holds_until = _holds_from(number + 1, versions[number + 1][1]) if number + 1 < len(versions) else NEVER_MS
            from_ms = max(holds_from, ALWAYS_MS if activity.starts_at is None else epoch_ms(activity.starts_at))
            # ends_at is inclusive, that whole second (spec 2.1).
            ends_ms = NEVER_MS if activity.ends_at is None else (epoch_ms(activity.ends_at) // 1000 + 1) * 1000
            until_ms = min(holds_until, ends_ms)
            if isinstance(activity, TierUpgrade):
                self._add_tier_upgrade(activity, version, ref, first_ref, from_ms, until_ms)
            else:
                chain.append(self._compile_cumulative_spend(activity, version, ref, first_ref, from_ms, until_ms))
        for compiled in chain:
            compiled.versions = chain
            if len(chain) > 1:
                compiled.single, compiled.stride = False, 1
            self.activities[compiled.ref] = compiled

    def _programs_of(self, activity: CumulativeSpend | TierUpgrade) -> tuple[frozenset[str], str]:
        """The programs that an activity is for, and the currency of the first (spec 2.1)."""
        programs = activity.programs or tuple(self.programs)
        first = activity.programs[0] if activity.programs else self.default_program
        currency = activity.currency or (self.programs[first][0].currency if first in self.programs else "")
        return frozenset(programs), currency

    def _add_tier_upgrade(
        self, activity: TierUpgrade, version: Saved, ref: int, first_ref: int, from_ms: int, until_ms: int
    ) -> None:
        programs, _ = self._programs_of(activity)
        compiled = CompiledTierUpgrade(
            ref=ref,
            first_ref=first_ref,
            code=activity.code,
            from_ms=from_ms,
            until_ms=until_ms,
            regain=activity.regain,
            gifts=Raw(msgspec.json.encode(version.document["gifts"])),
            notify=_notify(version.document, activity.gifts),
        )
        for program in programs:
            for level in dict.fromkeys(rung.code for held in self.programs.get(program, ()) for rung in held.ladder):
                if f"{program}/{level}" in activity.levels or f"{program}/*" in activity.levels:
                    self.upgrades.setdefault(f"{program}/{level}", []).append(compiled)

    def _compile_cumulative_spend(
        self, activity: CumulativeSpend, version: Saved, ref: int, first_ref: int, from_ms: int, until_ms: int
    ) -> CompiledActivity:
        condition = activity.condition
        programs, currency = self._programs_of(activity)
        scope = activity.item_scope
        designated = condition.items == "designated" and scope is not None
        stores = activity.stores
        not_with = activity.not_with
        raw_steps = version.document["condition"].get("steps") or ()  # type: ignore[attr-defined]
        all_gifts = (*activity.gifts, *(gift for step in condition.steps for gift in step.gifts))
        threshold = condition.threshold or condition.steps[0].threshold
        steps = tuple(step.threshold for step in condition.steps)
        return CompiledActivity(
            ref=ref,
            first_ref=first_ref,
            code=activity.code,
            from_ms=from_ms,
            until_ms=until_ms,
            by_amount=condition.measure == "amount",
            every=condition.mode == "every",
            threshold=threshold,
            steps=steps,
            stride=gcd(*steps or (threshold,)),
            last_ordinal=NEVER_MS if condition.mode == "every" else max(1, len(condition.steps)),
            gifts=Raw(msgspec.json.encode(version.document.get("gifts") or [])),
            step_gifts=tuple(Raw(msgspec.json.encode(step["gifts"])) for step in raw_steps),
            notify=_notify(version.document, all_gifts),
            programs=programs,
            currency=currency,
            stores=frozenset(stores.stores) if isinstance(stores, StoreScope) else None,
            organizations=frozenset(stores.organizations) if isinstance(stores, StoreScope) else frozenset(),
            service_types=frozenset(activity.service_types) or frozenset(("dine_in", "delivery", "self_pickup")),
            channels=frozenset(activity.channels) or frozenset(("pos", "online")),
            not_with=not_with,
            shareable=not (not_with.coupons or not_with.promotions or not_with.benefits or not_with.assets),
            include=frozenset(scope.include) if designated and scope and scope.include is not None else None,
            exclude=frozenset(scope.exclude or ()) if designated and scope else frozenset(),
        )
