"""All definitions in force, compiled: which activities an order can count in, and by which program a member is judged (spec 2.3, 2.5).

What changed is compiled, and no more: a chain of versions that has no new one is taken over from the rulebook before, and so is the index
of the activities where none of them changed. Nothing else of the rulebook before is kept, and nothing here refers to itself, so that it
goes as soon as nobody folds by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from rules.bulk.runs import Runs, Span
from rules.currencies import CURRENCIES
from rules.definitions.bulk import BULK
from rules.definitions.coupon import COUPON
from rules.definitions.cumulative_spend import CUMULATIVE_SPEND
from rules.definitions.kind import Kind
from rules.definitions.kinds import ACTIVITY
from rules.definitions.limits import Limits
from rules.definitions.message_centre import MESSAGE_CENTRE
from rules.definitions.organization import ORGANIZATION
from rules.definitions.program import PROGRAM
from rules.definitions.saved import Saved
from rules.definitions.segment import SEGMENT
from rules.definitions.tier_upgrade import TIER_UPGRADE
from rules.finer import registered_us
from rules.gifts.released import ReleasedTogether
from rules.gifts.terms import Granting
from rules.rulebook.candidates import CandidateIndex, Candidates
from rules.rulebook.chains import LATER_VERSION_DELAY_MS, Chain, LeftOut, compile_chain, read_version
from rules.rulebook.closings import Closings, Ending
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.compiled.coupon import CompiledCoupon
from rules.rulebook.compiled.message_centre import CompiledMessageCentre
from rules.rulebook.compiled.organization import CompiledOrganization
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.compiled.segment import CompiledSegment
from rules.rulebook.compiled.tier_upgrade import CompiledTierUpgrade
from rules.rulebook.figured import figured_of
from rules.rulebook.missed import MissedVersions
from rules.rulebook.organizations import Organizations
from rules.rulebook.program_changes import ProgramChanges
from rules.rulebook.programs import Programs
from rules.state import ALWAYS_US, KEEP_DAYS, NEVER_MS, Member
from rules.times import rounded_up_ms

# Kind and code.
Key = tuple[str, str]
# So many sets of activities in which orders count are remembered.
_IN_PARTS_MAX: Final = 1_000
_FindCandidates = Callable[[int, str, str, str | None, str, str | tuple[str, ...]], Candidates]


class Rulebook:
    """Made anew when a definition arrives; never changed."""

    # What can count, of an order placed at a time, in a store, on a channel, with a service type and in a currency, for a member of these
    # programs (one, or several sorted).
    candidates: _FindCandidates

    def __init__(
        self,
        saved: Iterable[tuple[int, Saved]],
        before: Rulebook | None = None,
        closes_after_ms: int = NEVER_MS,
        keep_days: int = KEEP_DAYS,
    ) -> None:
        """`saved`: versions with their refs, in the order of the definitions topic. `before`: what is unchanged is taken from there.
        `closes_after_ms`: how long after an activity is over its books close. `keep_days`: how many days of a member are kept at least, for
        programs that are yet to change (spec 3.6).
        """
        self.keep_days = keep_days
        by_key: dict[Key, list[tuple[int, Saved]]] = {}
        for ref, version in saved:
            by_key.setdefault((version.kind, version.code), []).append((ref, version))
        known: Mapping[Key, Chain] = {} if before is None else before._chains
        self._chains: dict[Key, Chain] = {
            key: _chain(each, known.get(key), Programs({}), True) for key, each in by_key.items() if key[0] != ACTIVITY
        }
        self.programs: dict[str, Sequence[CompiledProgram]] = self._of(PROGRAM)
        # The last of each; it may not hold yet.
        self.newest: dict[str, CompiledProgram] = {code: versions[-1] for code, versions in self.programs.items() if versions}
        self._every = Programs(self.programs)
        self.missed = MissedVersions(self.programs)
        self.program_changes = ProgramChanges(self.programs.values())
        # Whether a level has benefits that are issued, and some by the calendar (spec 3.8).
        ladders = [version.ladder for versions in self.programs.values() for version in versions]
        self.issues = any(level.benefits.issued for ladder in ladders for level in ladder)
        self.by_calendar = any(version.by_calendar for versions in self.programs.values() for version in versions)
        unchanged = before is not None and self._every.means_the_same(before._every)
        for key, each in by_key.items():
            if key[0] == ACTIVITY:
                self._chains[key] = _chain(each, known.get(key), self._every, unchanged)
        self._defaults = self._every.defaults()
        self.coupons: dict[str, Sequence[CompiledCoupon]] = self._of(COUPON)
        # When some coupon came to be another than before, in order (epoch us).
        of_coupons = [version.holds_from_us for versions in self.coupons.values() for version in versions]
        self.coupon_changes: Sequence[int] = sorted({from_us for from_us in of_coupons if from_us > ALWAYS_US})
        # Oldest first; none where there is no document.
        self._message_centre: Sequence[CompiledMessageCentre] = next(iter(self._of(MESSAGE_CENTRE).values()), ())
        # Whether members are told of anything, ever.
        self.tells = bool(self._message_centre)
        self.segments: dict[str, Sequence[CompiledSegment]] = self._of(SEGMENT)
        bulks = [chain for chain in self._chains.values() if chain.kind is BULK]
        self.runs = Runs(_spans(chain) for chain in bulks)
        # Those whose grants a keeper decides.
        self.kept_runs = Runs(_spans(chain) for chain in bulks if _is_kept(chain))
        self.left_out: list[LeftOut] = [left_out for chain in self._chains.values() for left_out in chain.left_out]
        self.activities: dict[int, CompiledActivity] = {}
        self._in_parts: dict[tuple[int, ...], tuple[tuple[int, ...], Sequence[CompiledActivity]]] = {}
        # Every version that may have made a grant.
        self.granting: dict[int, Granting] = {}
        self.released = ReleasedTogether()
        # By program/level.
        self.upgrades: dict[str, list[CompiledTierUpgrade]] = {}
        self._add_activities()
        # Under what sums are kept of those that have several, and under what an older release may have kept parts of them
        # (rules/rulebook/epochs.py): each version of an activity knows all of its.
        newest: list[CompiledActivity] = [versions[-1] for versions in self._of(CUMULATIVE_SPEND).values() if versions]
        self.epochs = frozenset[int]().union(*[each.epochs for each in newest])
        self.folded = frozenset[int]().union(*[each.folded for each in newest])
        # Money may be in any of these (spec 1.1).
        named = {version.saved.document.get("currency") for chain in self._chains.values() for version in chain.versions}
        self.currencies = CURRENCIES | {currency for currency in named if isinstance(currency, str)}
        activities = [chain for (kind, _), chain in self._chains.items() if kind == ACTIVITY]
        endings = [_ending(chain) for chain in activities if chain.in_force]
        # Those that have a limit that a keeper decides by (spec 2.10), and of these, those that had none at first.
        limited = [chain for chain in activities if _is_kept(chain)]
        self.limited = frozenset(chain.versions[0].saved.code for chain in limited)
        self.limited_later = frozenset(chain.versions[0].saved.code for chain in limited if not _has_kept(chain.in_force[0].limits))
        # Those that were launched, by code, and by the ref of the first version (spec 2.7).
        self.figured = figured_of(activities)
        self.figured_by_ref = {each.first_ref: each for each in self.figured.values()}
        self.closings = Closings(endings, closes_after_ms)
        self._index = self._indexed(before)
        self.candidates = self._index.candidates

    def __len__(self) -> int:
        """How many versions it was made of."""
        return sum(len(chain.versions) for chain in self._chains.values())

    def chain(self, kind: str, code: str) -> Chain | None:
        """The versions of a definition (spec 2.5); None where there is none such."""
        return self._chains.get((kind, code))

    def chains(self) -> Iterable[Chain]:
        """Those of all definitions."""
        return self._chains.values()

    def program(self, code: str, at_ms: int) -> CompiledProgram | None:
        """The version of a program that holds at a time, for those too who were there when it was saved; None where there is none."""
        versions = self.programs.get(code, ())
        return next((version for version in reversed(versions) if version.existing_from_ms <= at_ms), None)

    def program_of(self, member: Member, code: str, at_ms: int) -> CompiledProgram | None:
        """The version of a program that a member is judged by at a time (spec 3.6); None where there is none."""
        versions = self.programs.get(code)
        if versions is None:
            return None
        newest = versions[-1]
        if newest.existing_from_ms <= at_ms:
            return newest
        return self.program_for(registered_us(member), code, at_ms)

    def program_for(self, registered_us: int, code: str, at_ms: int) -> CompiledProgram | None:
        """The same, for one who was registered then (epoch us)."""
        versions = self.programs.get(code, ())
        return next((version for version in reversed(versions) if version.from_ms(registered_us) <= at_ms), None)

    def segment(self, code: str, at_ms: int) -> CompiledSegment | None:
        """The version of a saved segment that holds at a time; None where there is none."""
        versions = self.segments.get(code, ())
        return next((version for version in reversed(versions) if version.holds_from_ms <= at_ms), None)

    def default_program(self, at_ms: int) -> str | None:
        """The program into which who names none is registered at a time (spec 1.7), by the versions that hold then; None where there is
        none.
        """
        from_ms, newest = self._defaults[-1]
        return newest if from_ms <= at_ms else next(code for from_ms, code in reversed(self._defaults) if from_ms <= at_ms)

    def in_parts(self, refs: tuple[int, ...]) -> tuple[tuple[int, ...], Sequence[CompiledActivity]]:
        """Of versions of cumulative_spends (refs), those to which every line counts, and the others; remembered, as orders count in few
        such sets.
        """
        found = self._in_parts.get(refs)
        if found is None:
            if len(self._in_parts) >= _IN_PARTS_MAX:
                self._in_parts.clear()
            every_line = tuple([ref for ref in refs if self.activities[ref].every_line])
            found = self._in_parts[refs] = every_line, [self.activities[ref] for ref in refs if ref not in every_line]
        return found

    def in_store(self, placed_ms: int, store_id: str) -> Sequence[CompiledActivity]:
        """The cumulative_spends in force at a time that count in a store (spec 1.8)."""
        return self._index.in_store(placed_ms, store_id)

    def granting_of(self, code: str) -> Sequence[Granting]:
        """Every version of an activity that may have made a grant, oldest first; none where there is no such activity."""
        chain = self._chains.get((ACTIVITY, code))
        return () if chain is None else [self.granting[each.ref] for each in chain.versions if each.ref in self.granting]

    def launched_of(self, code: str) -> Sequence[Any]:
        """Of these, those in which something can count."""
        chain = self._chains.get((ACTIVITY, code))
        return () if chain is None else chain.in_force

    def tells_of_coupons(self, at_us: int) -> bool:
        """Whether members are told of coupons that arrive at a time (epoch us; spec 4.3)."""
        holding = [each for each in self._message_centre if each.holds_from_us <= at_us]
        return bool(holding) and holding[-1].coupon_arrival

    def organization(self, code: str, at_ms: int) -> CompiledOrganization | None:
        """The version of an organization that holds at a time; None where there is none."""
        versions: Sequence[CompiledOrganization] = self._of(ORGANIZATION).get(code, ())
        return next((version for version in reversed(versions) if version.holds_from_ms <= at_ms), None)

    def text(self, name: str, at_us: int) -> str | None:
        """A text of the Message Centre at a time (epoch us); None where there is none of that name."""
        holding = [each for each in self._message_centre if each.holds_from_us <= at_us]
        return holding[-1].texts.get(name) if holding else None

    def _of(self, kind: Kind) -> dict[str, Any]:
        """The versions in force of a kind, by code."""
        return {code: chain.in_force for (_, code), chain in self._chains.items() if chain.kind is kind}

    def _add_activities(self) -> None:
        for chain in self._chains.values():
            if chain.kind is CUMULATIVE_SPEND:
                for activity in (*chain.in_force, *chain.never):
                    self.activities[activity.ref] = activity
        self.granting.update(self.activities)
        for (kind, _), chain in self._chains.items():
            if kind == ACTIVITY:
                # A test send may be of any of them.
                self.granting.update((each.ref, each.compiled) for each in chain.standing)
        for versions in self._of(TIER_UPGRADE).values():
            for upgrade in versions:
                for level in upgrade.levels:
                    self.upgrades.setdefault(level, []).append(upgrade)

    def _indexed(self, before: Rulebook | None) -> CandidateIndex:
        """The index of the activities; the one before, with all that it remembers, where it is of the same."""
        organizations: Mapping[str, Sequence[CompiledOrganization]] = self._of(ORGANIZATION)
        if before is None:
            return CandidateIndex(self.activities.values(), Organizations(organizations))
        return before._index.with_these(self.activities.values(), organizations)


def _chain(saved: Sequence[tuple[int, Saved]], before: Chain | None, programs: Programs, same_programs: bool) -> Chain:
    """The chain of these versions; the one before where nothing is new, and what was read of it where something is."""
    known = () if before is None else before.versions
    read = [
        known[at] if at < len(known) and known[at].ref == ref and known[at].saved is version else read_version(ref, version)
        for at, (ref, version) in enumerate(saved)
    ]
    if before is None or not same_programs or len(read) < len(known) or not all(map(_is, read, known)):
        return compile_chain(read, programs)
    if len(read) == len(known):
        return before
    # A program that is scheduled is not only added to.
    return compile_chain(read, programs, before if before.kind is not PROGRAM else None)


def _ending(chain: Chain) -> Ending:
    """When the activity of a chain is over."""
    # One that is paused may be resumed, one that is archived may not.
    until_ms = max(each.compiled.until_ms for each in chain.standing if not each.draft and each.state != "archived")
    saved_ms = max(version.saved.saved_at_ms for version in chain.versions)
    over_ms = until_ms if until_ms == NEVER_MS else max(until_ms, saved_ms)
    first, refs = chain.versions[0], frozenset(version.ref for version in chain.versions)
    return Ending(first.saved.code, first.ref, over_ms, refs, chain.kind is TIER_UPGRADE, chain.kind is BULK)


def _spans(chain: Chain) -> list[Span]:
    """The versions of a bulk that stand; a draft before its launch may have been of another type."""
    return [
        Span(
            each.compiled,
            each.state,
            each.state == "running" and not each.draft,
            # No run starts by a version before every worker has it, by the first neither.
            rounded_up_ms(max(each.from_us, each.saved.saved_us + LATER_VERSION_DELAY_MS * 1000)),
        )
        for each in chain.standing
        if each.kind is BULK
    ]


def _is_kept(chain: Chain) -> bool:
    return any(_has_kept(version.limits) for version in chain.in_force)


def _has_kept(limits: Limits | None) -> bool:
    return limits is not None and limits.kept


def _is(one: object, other: object) -> bool:
    return one is other
