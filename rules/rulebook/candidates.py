"""Which activities an order can count in, found by what the order has (spec 1.8, 2.3).

An order pays for those that can match it and not for all there are. Between two times at which something begins or ends, activities are
found by store (those that list it, or an organization that has it, beside those for every store), and what was found for a store,
channel, service type, currency and programs is remembered, since most orders of a store look alike. Stores to which the same activities
apply are one *profile*; a store id that nobody has ever heard of is of the profile of those without any, and costs nothing more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, KeysView, Sequence
from dataclasses import dataclass, field
from typing import Final

from rules.documents.kind import Assets
from rules.documents.purchase import Purchase
from rules.limits.grant_limits import GrantLimits
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.conditions import holds_at, is_of, unmet, unshared
from rules.rulebook.organizations import Organizations, OrganizationVersions, StoreTable
from rules.state import NEVER_MS

# What is remembered of all times together; then it is forgotten and found again.
REMEMBERED_MAX: Final = 100_000
# Times between two changes that are remembered: late orders are of a few weeks, and new ones of one.
SEGMENTS_MAX: Final = 1_000
# Of what is used together and keeps orders out of some activities, so many combinations are remembered.
_WITHOUT_MAX: Final = 64
# Tables of the skus that activities name, for so many combinations of these.
_NAMED_MAX: Final = 1_000

# Of activities, what is asked of each for every order that counts: under what its sum is kept, the stride of that, and itself.
Summed = tuple[tuple[int, int, CompiledActivity], ...]
# By sku, those that count only with some skus of which this is one; none of a sku that is only left out of some.
Named = dict[str, tuple[CompiledActivity, ...]]


class NamedSkus:
    """The skus that activities name, one table for all candidates that have the same of these: every line is looked up in it, and of many
    that are alike none would stay at hand.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[CompiledActivity, ...], Named] = {}

    def of(self, activities: tuple[CompiledActivity, ...]) -> Named:
        """Those that these name."""
        named = self._found.get(activities)
        if named is None:
            found: dict[str, list[CompiledActivity]] = {}
            for activity in activities:
                for sku in activity.include or ():
                    found.setdefault(sku, []).append(activity)
                for sku in activity.exclude:
                    found.setdefault(sku, [])
            if len(self._found) >= _NAMED_MAX:
                self._found.clear()
            named = self._found[activities] = {sku: tuple(naming) for sku, naming in found.items()}
        return named


@dataclass(slots=True, eq=False)
class Candidates:
    """The activities that an order's store, channel, service type, currency, time and programs leave.

    Those to which every line counts, by measure; those to which only some skus count; those to which all but some do.
    """

    by_amount: tuple[CompiledActivity, ...]
    by_pieces: tuple[CompiledActivity, ...]
    including: tuple[CompiledActivity, ...]
    excluding: tuple[CompiledActivity, ...]
    # By sku, of these two; and those of all candidates, among which it is.
    named: Named
    all_named: NamedSkus
    # The refs of all but those to which only some skus count, in this order: most orders count in all of them.
    refs: tuple[int, ...]
    # Those that may not be shared with something.
    guarded: tuple[CompiledActivity, ...]
    # Those of whose sums an older release may have kept parts elsewhere.
    folding: tuple[CompiledActivity, ...]
    # Whether some begin or end within the millisecond that these are of: which of them are in force is to be asked (`at`).
    changes_within: bool
    # How many grant for every whole threshold (at least 1), and the least of these: an order far below that many times cannot owe too
    # many grants. 0 where a threshold was changed: what an order adds may count by that of a later version.
    every: int
    least_every: int
    # Whether one of these two is so.
    looked_at: bool = field(init=False)
    # The skus that are named: of an order without these, every line counts in all of `refs`, and in nothing else.
    skus: KeysView[str] = field(init=False)
    # Of `by_amount` and `by_pieces`, to which every line counts.
    amounts: Summed = field(init=False)
    pieces: Summed = field(init=False)
    # The refs of these; and of the first alone.
    of_every_line: tuple[int, ...] = field(init=False)
    of_amounts: tuple[int, ...] = field(init=False)
    # How many grants an order may owe, and below what amount and how many pieces it owes no more than that; 0: not known yet.
    limits: GrantLimits | None = field(init=False, default=None)
    few_below: int = field(init=False, default=0)
    _without: dict[tuple[CompiledActivity, ...], Candidates] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.looked_at = self.changes_within or bool(self.folding)
        self.skus = self.named.keys()
        self.amounts, self.pieces = _summed(self.by_amount), _summed(self.by_pieces)
        self.of_amounts = self.refs[: len(self.amounts)]
        self.of_every_line = self.refs[: len(self.amounts) + len(self.pieces)]

    def set_limits(self, limits: GrantLimits, most: int) -> None:
        """Has `few_below` be by these limits, and `most` at most."""
        self.limits = limits
        self.few_below = min(most, self.least_every * min(limits.of_one_activity, limits.in_all // self.every))

    def shareable_with(self, order: Purchase, assets: Assets) -> Candidates:
        """The same, but for those that may not be shared with what an order has used; remembered, as most use the same."""
        left_out = tuple([each for each in self.guarded if unshared(each, order, assets)])
        if not left_out:
            return self
        found = self._without.get(left_out)
        if found is None:
            if len(self._without) >= _WITHOUT_MAX:
                self._without.clear()
            left = [each for each in self.all() if each not in left_out]
            found = self._without[left_out] = Candidates.of(sorted(left, key=_order), self.all_named)
        return found

    @classmethod
    def of(cls, activities: Sequence[CompiledActivity], all_named: NamedSkus, changes_within: bool = False) -> Candidates:
        """Those among which these activities are. `all_named`: shared with others."""
        by_amount: list[CompiledActivity] = []
        by_pieces: list[CompiledActivity] = []
        including: list[CompiledActivity] = []
        excluding: list[CompiledActivity] = []
        for activity in activities:
            if activity.include is not None:
                including.append(activity)
            elif activity.exclude:
                excluding.append(activity)
            else:
                (by_amount if activity.by_amount else by_pieces).append(activity)
        return cls(
            tuple(by_amount),
            tuple(by_pieces),
            tuple(including),
            tuple(excluding),
            all_named.of((*including, *excluding)),
            all_named,
            tuple(activity.ref for activity in (*by_amount, *by_pieces, *excluding)),
            tuple(activity for activity in activities if not activity.shareable),
            tuple(activity for activity in activities if activity.folded),
            changes_within,
            max(1, sum(activity.every for activity in activities)),
            min((0 if activity.epochs else activity.threshold for activity in activities if activity.every), default=NEVER_MS),
        )

    def all(self) -> list[CompiledActivity]:
        """Every one, once."""
        return [*self.by_amount, *self.by_pieces, *self.excluding, *self.including]

    def at(self, time_us: int) -> Candidates:
        """Those that are in force at a time (epoch us) of their millisecond."""
        return Candidates.of(
            sorted([activity for activity in self.all() if holds_at(activity, time_us)], key=_order), self.all_named
        )


def _summed(activities: Iterable[CompiledActivity]) -> Summed:
    return tuple([(each.epoch, each.stride, each) for each in activities])


class _Segment:
    """The activities in force between two changes."""

    def __init__(self, activities: Iterable[CompiledActivity], organizations: StoreTable) -> None:
        """`organizations`: by store, those that have it."""
        self.found: dict[tuple[int, str, str | None, str, str | tuple[str, ...]], Candidates] = {}
        # Those that are in force for a part of it: it is of the millisecond within which they begin or end.
        self.partly: frozenset[CompiledActivity] = frozenset()
        self.profiles: dict[str, int] = {}
        self.anywhere: list[CompiledActivity] = []
        # Of these, by channel, service type, currency and programs.
        self.found_anywhere: dict[tuple[object, ...], list[CompiledActivity]] = {}
        self.organizations = organizations
        self.of_profile: list[tuple[CompiledActivity, ...]] = [()]
        self._numbers: dict[tuple[int, ...], int] = {(): 0}
        self._of_store: dict[str, list[CompiledActivity]] = {}
        self._of_organization: dict[str, list[CompiledActivity]] = {}
        for activity in activities:
            if activity.stores is None:
                self.anywhere.append(activity)
                continue
            for store_id in activity.stores:
                self._of_store.setdefault(store_id, []).append(activity)
            for code in activity.organizations:
                self._of_organization.setdefault(code, []).append(activity)

    def profile(self, store_id: str) -> int:
        """The number of a store's profile; remembered of those only that an activity or an organization has."""
        listed, organizations = self._of_store.get(store_id), self.organizations.get(store_id)
        if listed is None and organizations is None:
            return 0
        local = {activity.ref: activity for activity in listed or ()}
        for code in organizations or ():
            for activity in self._of_organization.get(code, ()):
                local[activity.ref] = activity
        refs = tuple(sorted(local))
        number = self._numbers.get(refs)
        if number is None:
            number = self._numbers[refs] = len(self.of_profile)
            self.of_profile.append(tuple(local[ref] for ref in refs))
        self.profiles[store_id] = number
        return number


class CandidateIndex:
    """All activities of a rulebook, to be asked for those that an order can count in."""

    def __init__(self, activities: Iterable[CompiledActivity], organizations: Organizations) -> None:
        self._activities = tuple(activities)
        self._named = NamedSkus()
        self._organizations = organizations
        times = {time for activity in self._activities for time in (activity.from_ms, activity.until_ms)}
        # A millisecond within which something begins or ends is looked at by itself.
        times |= {activity.from_ms + 1 for activity in self._activities if activity.from_us % 1000}
        times |= {activity.until_ms - 1 for activity in self._activities if activity.until_us % 1000}
        # Every time at which what can match changes, ascending.
        self._boundaries = sorted(times.union(organizations.boundaries))
        self._segments: dict[int, _Segment] = {}
        self._alike: dict[tuple[int, ...], Candidates] = {}
        self._remembered = 0

    def with_these(self, activities: Iterable[CompiledActivity], organizations: OrganizationVersions) -> CandidateIndex:
        """The index of these: this one where they are the same, with all that it remembers; else it keeps the tables of the stores where
        the organizations are the same.
        """
        listed = tuple(activities)
        of_stores = self._organizations.with_these(organizations)
        if of_stores is self._organizations and listed == self._activities:
            return self
        return CandidateIndex(listed, of_stores)

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
        number = bisect_right(self._boundaries, placed_ms)
        segment = self._segments.get(number)
        if segment is None:
            segment = self._open(number, placed_ms)
        profile = segment.profiles.get(store_id, -1)
        if profile < 0:
            profile = segment.profile(store_id)
        key = (profile, channel, service_type, currency, programs)
        found = segment.found.get(key)
        if found is None:
            found = self._find(segment, key)
        return found

    def in_store(self, placed_ms: int, store_id: str) -> Sequence[CompiledActivity]:
        """Those in force at a time that count in a store (spec 1.8)."""
        number = bisect_right(self._boundaries, placed_ms)
        segment = self._segments.get(number) or self._open(number, placed_ms)
        return [*segment.anywhere, *segment.of_profile[segment.profile(store_id)]]

    def _open(self, number: int, at_ms: int) -> _Segment:
        if len(self._segments) >= SEGMENTS_MAX:
            self._forget()
        active = [activity for activity in self._activities if activity.from_ms <= at_ms < activity.until_ms]
        segment = self._segments[number] = _Segment(active, self._organizations.of_stores(at_ms))
        segment.partly = frozenset(
            activity for activity in active if activity.from_us > at_ms * 1000 or activity.until_us < (at_ms + 1) * 1000
        )
        return segment

    def _find(self, segment: _Segment, key: tuple[int, str, str | None, str, str | tuple[str, ...]]) -> Candidates:
        """Where the same activities are left, what was found is shared: it can be large."""
        if self._remembered >= REMEMBERED_MAX:
            self._forget()
        self._remembered += 1
        profile, *rest = key
        whatever = tuple(rest)
        anywhere = segment.found_anywhere.get(whatever)
        if anywhere is None:
            anywhere = segment.found_anywhere[whatever] = _matching(segment.anywhere, *key[1:])
        local = _matching(segment.of_profile[profile], *key[1:])
        matching = sorted([*anywhere, *local], key=_order) if local else anywhere
        if not segment.partly.isdisjoint(matching):
            segment.found[key] = Candidates.of(matching, self._named, changes_within=True)
            return segment.found[key]
        refs = tuple([activity.ref for activity in matching])
        found = self._alike.get(refs)
        if found is None:
            found = self._alike[refs] = Candidates.of(matching, self._named)
        segment.found[key] = found
        return found

    def _forget(self) -> None:
        self._segments.clear()
        self._alike.clear()
        self._remembered = 0


def _matching(
    activities: Sequence[CompiledActivity], channel: str, service_type: str | None, currency: str, programs: str | tuple[str, ...]
) -> list[CompiledActivity]:
    """Those that an order with these can count in."""
    of_member = programs_of(programs)
    return [
        activity
        for activity in activities
        if is_of(activity, of_member) and unmet(activity, service_type, channel, currency) is None
    ]


def programs_of(programs: str | tuple[str, ...]) -> frozenset[str]:
    """One program, or several, as a set."""
    return frozenset((programs,) if isinstance(programs, str) else programs)


def _order(activity: CompiledActivity) -> tuple[int, int]:
    """Activities in the order in which they were first published: so their grants stand in one order on every worker."""
    return activity.first_ref, activity.ref
