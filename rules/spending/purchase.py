"""An order applied to its member: progress, grants and levels (spec 2.2 to 2.5, 3.3)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from rules.documents.accepted import Accepted
from rules.documents.purchase import Purchase
from rules.figures.figuring import Figuring
from rules.finer import counts_in
from rules.happened import Happened
from rules.levels.cause import Case, Cause
from rules.levels.counting import counted_amount, counts_by
from rules.levels.entry import epoch_us, new_order, number_of, terms_with
from rules.levels.ledger import IMPORTED
from rules.levels.noting import note, note_uncounted
from rules.levels.settling import move_to
from rules.levels.spending import spend
from rules.members import programs_at
from rules.order_record import IMPORTED_ORDER, OrderRecord
from rules.refused import Refused
from rules.rulebook.candidates import Candidates
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.conditions import unshared
from rules.rulebook.epochs import fold
from rules.rulebook.rulebook import Rulebook
from rules.spending.ordinals import grant_owed, would_owe
from rules.spending.sums import LARGE, check_sums
from rules.state import MINUTE_MS, NOT_ITS_OWN, ON_POS, ONLINE, PURCHASE, Member, Membership

# What an order adds to each activity that it counts in: minor units or pieces, above 0.
Additions = dict[CompiledActivity, int]
_ref_of: Final[Callable[[CompiledActivity], int]] = attrgetter("ref")
# Of who has one id, and of who has several.
_NOTHING_BOUGHT: Final = (0, NOT_ITS_OWN)
_each: Final[Callable[[Iterable[CompiledActivity], int], Additions]] = dict.fromkeys


class TooManyGrants(Refused):
    """An order that would owe more grants, of one activity or in all, than the limits allow (spec 1.6). Nothing was changed."""

    def __init__(self, detail: str) -> None:
        super().__init__("too_many_grants", detail)


@dataclass(frozen=True, slots=True)
class GrantLimits:
    """The most grants that one order may owe: of one activity, and in all."""

    of_one_activity: int
    in_all: int


def apply_purchase(
    member: Member,
    accepted: Accepted,
    now_ms: int,
    rulebook: Rulebook,
    limits: GrantLimits,
    happened: list[Happened],
    figures: Figuring | None = None,
) -> OrderRecord:
    """Adds an order to its member's progress and spending; what came of it is appended to `happened`, and added to `figures` where these
    are kept.

    `now_ms`: when the order came. The record tells later refunds what the order contributed, and where. Raises TooManyGrants,
    InvalidDocument.
    """
    order: Purchase = accepted.document
    amount = accepted.amount
    # One purchase more (spec 5).
    bought, minute, channel = member.bought, accepted.time_ms // MINUTE_MS, ON_POS if order.channel == "pos" else ONLINE
    if minute > member.last_bought_min or bought in _NOTHING_BOUGHT:
        member.last_bought_min = minute
    member.bought = bought + PURCHASE | channel if bought >= 0 else ~(~bought + PURCHASE | channel)
    refs: Sequence[int] = ()
    if amount and not order.imported:
        refs = _progress(member, order, accepted, now_ms, rulebook, limits, happened, figures)
    counted = counted_amount(accepted.assets, amount) if accepted.assets else amount
    programs, terms = _spend(member, order, accepted, counted, now_ms, rulebook, happened)
    if amount > LARGE:
        check_sums(member)
    return OrderRecord(accepted.content, now_ms, order.currency, accepted.items, programs, refs, amount - counted, terms=terms)


def _progress(
    member: Member,
    order: Purchase,
    accepted: Accepted,
    now_ms: int,
    rulebook: Rulebook,
    limits: GrantLimits,
    happened: list[Happened],
    figures: Figuring | None,
) -> Sequence[int]:
    """Adds to progress, and grants what it has earned; the refs of the activities that the order counted in."""
    time_ms, amount, items, find = accepted.time_ms, accepted.amount, accepted.items, rulebook.candidates
    memberships = member.memberships
    if len(memberships) == 1 and (only := memberships[0]).since_ms <= time_ms:
        # As `programs_at`, without a call.
        programs: str | tuple[str, ...] = only.program
    else:
        programs = programs_at(member, epoch_us(time_ms, order.placed_at))
    candidates = find(time_ms, order.store_id, order.channel, order.service_type, order.currency, programs)
    if time_ms < now_ms - rulebook.closings.closes_after_ms:
        candidates = rulebook.closings.still_open(candidates, now_ms)
    if candidates.looked_at:
        if candidates.changes_within:
            candidates = candidates.at(epoch_us(time_ms, order.placed_at))
        for activity in candidates.folding:
            fold(member, activity)
    additions, pieces, by_sku = contributions(candidates, items, amount)
    if candidates.guarded and (accepted.assets or order.coupons or order.promotions or order.member_price or order.member_discount):
        for activity in candidates.guarded:
            if unshared(activity, order, accepted.assets):
                additions.pop(activity, None)
    # The whole amount or all pieces: nothing else is more.
    most, least = amount if amount > pieces else pieces, candidates.least_every
    if most >= least * limits.of_one_activity or most >= least * (limits.in_all // candidates.every):
        _refuse_too_many(member, additions, limits)
    if figures is not None:
        figures.counted.count(member, additions, items, amount)
    progress, was_two = member.progress, member.bought < 0
    for activity, added in additions.items():
        epoch = activity.epoch
        reached = progress[epoch] = progress.get(epoch, 0) + added
        # Whether a multiple of the stride is among what was added. All that was owed before is granted; but to who was two, what was owed
        # while the activity was not in force may not be.
        if reached % activity.stride < added or was_two:
            assert order.member_id is not None
            now_us = now_ms * 1000 + accepted.finer_us
            grant_owed(member, activity, order.member_id, order.order_id, order.placed_at, now_us, rulebook, happened)
    if pieces > LARGE:
        check_sums(member)
    if by_sku or len(additions) != len(candidates.refs):
        return list(map(_ref_of, additions))
    return candidates.refs


def _refuse_too_many(member: Member, additions: Additions, limits: GrantLimits) -> None:
    """Raises TooManyGrants where one of the activities, or all together, would owe more than that."""
    in_all = 0
    for activity, added in additions.items():
        owed = would_owe(member, activity, added)
        in_all += owed
        if owed > limits.of_one_activity:
            raise TooManyGrants(f"the order owes {owed} grants of activity {activity.code}, more than {limits.of_one_activity}")
    if in_all > limits.in_all:
        raise TooManyGrants(f"the order owes {in_all} grants in all, more than {limits.in_all}")


def contributions(candidates: Candidates, items: Sequence[str | int], amount: int) -> tuple[Additions, int, bool]:
    """What items (see `items_of`), of that amount above 0 in all, add to each of the candidates; how many pieces they are; and whether
    there are some among them to which only some skus count. Where a scope leaves 0, an activity takes no part (spec 2.3).
    """
    found: Additions = _each(candidates.by_amount, amount)
    pieces: int = sum(items[1::3])  # type: ignore[arg-type]
    if pieces:
        for activity in candidates.by_pieces:
            found[activity] = pieces
    for activity in candidates.excluding:
        added = amount if activity.by_amount else pieces
        if not activity.exclude.isdisjoint(items):
            added -= _in_scope(items, 2 if activity.by_amount else 1, activity.exclude)
        if added:
            found[activity] = added
    scoped = not candidates.skus.isdisjoint(items)
    if scoped:
        by_sku = candidates.by_sku
        for at in range(0, len(items), 3):
            sku = items[at]
            if sku in by_sku:
                for activity in by_sku[sku]:
                    if added := items[at + 2 if activity.by_amount else at + 1]:  # type: ignore[assignment]
                        found[activity] = found.get(activity, 0) + added
    return found, pieces, scoped


def _in_scope(items: Sequence[str | int], measure: int, skus: frozenset[str]) -> int:
    """The pieces (measure 1) or amounts (2) of these skus."""
    return sum(items[at + measure] for at in range(0, len(items), 3) if items[at] in skus)  # type: ignore[misc]


def _spend(
    member: Member, order: Purchase, accepted: Accepted, counted: int, now_ms: int, rulebook: Rulebook, happened: list[Happened]
) -> tuple[list[int], Sequence[int]]:
    """Adds what counted to what was spent, and brings levels to what it reaches; the programs it counted for, and `terms` as an order's
    record has them.
    """
    programs: list[int] = []
    terms: Sequence[int] = ()
    time_ms, newest, currency = accepted.time_ms, rulebook.newest, order.currency
    for membership in member.memberships:
        program = newest.get(membership.program)
        if program is None or program.existing_from_ms > now_ms:
            program = rulebook.program_of(member, membership.program, now_ms)
        # Towards a program that he has left nothing counts, whenever it was placed.
        if program is None or program.spent_in != currency:
            continue
        if membership.since_ms > time_ms and not counts_in(member, membership, epoch_us(time_ms, order.placed_at)):
            continue
        if (program.active_from_ms > time_ms or order.imported) and not counts_by(
            program, epoch_us(time_ms, order.placed_at), order.imported
        ):
            # Not by the rules of now.
            note_uncounted(program, membership, time_ms, counted, now_ms, rulebook, of_order=True, imported=order.imported)
            programs.append(~program.first_ref)
            time_us, number = epoch_us(time_ms, order.placed_at), number_of(membership, imported=order.imported)
            terms = terms_with(terms, time_us, len(programs), number)
            continue
        spent = membership.spent = membership.spent + counted
        if membership.judged != program.ref:
            membership.judged = program.ref
        programs.append(program.first_ref)
        if program.standard is None and membership.standing is None:
            # By history, and nothing was paid for: the sum says all.
            if order.imported:
                note(program, membership, time_ms, counted, now_ms, rulebook, IMPORTED)
                terms = terms_with(terms, epoch_us(time_ms, order.placed_at), len(programs), IMPORTED_ORDER)
            elif note(program, membership, time_ms, counted, now_ms, rulebook):
                # It judges by no times, and may be changed to one that does.
                terms = terms or (time_ms * 1000,)
            level = program.held[bisect_right(program.reached_at, spent if spent > 0 else 0)]
            if level != membership.level and not program.off:
                move_to(_case(program, member, membership, accepted, now_ms, rulebook, happened), level)
            continue
        time_us = epoch_us(time_ms, order.placed_at)
        spend(_case(program, member, membership, accepted, now_ms, rulebook, happened), new_order(time_us, counted))
        terms = terms_with(terms, time_us, len(programs), number_of(membership, imported=order.imported))
    return programs, terms


def _case(
    program: CompiledProgram,
    member: Member,
    membership: Membership,
    accepted: Accepted,
    now_ms: int,
    rulebook: Rulebook,
    happened: list[Happened],
) -> Case:
    order: Purchase = accepted.document
    assert order.member_id is not None
    cause = Cause("order", order.order_id, order.order_id, order.placed_at, now_ms, order.imported, accepted.finer_us)
    return Case(program, order.member_id, member, membership, rulebook, cause, happened)
