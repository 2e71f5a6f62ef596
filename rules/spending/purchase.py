"""An order applied to its member: progress, grants and levels (spec 2.2 to 2.5, 3.3)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rules.documents.accepted import Accepted
from rules.documents.purchase import Purchase
from rules.finer import counts_in
from rules.happened import Happened
from rules.levels.cause import Case, Cause
from rules.levels.counting import counted_amount, counts_by
from rules.levels.entry import epoch_us, new_order, number_of, terms_with
from rules.levels.ledger import IMPORTED, encode_number
from rules.levels.noting import TIDY_BYTES, note, note_uncounted, of_minute, tidy
from rules.levels.settling import move_to
from rules.levels.spending import spend
from rules.limits.grant_limits import GrantLimits
from rules.members import programs_at
from rules.order_record import IMPORTED_ORDER
from rules.refused import Refused
from rules.rulebook.candidates import Candidates
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.epochs import fold
from rules.rulebook.rulebook import Rulebook
from rules.spending.ordinals import grant_owed, would_owe
from rules.spending.sums import LARGE, check_sums
from rules.state import MINUTE_MS, NOT_ITS_OWN, ON_POS, ONLINE, PURCHASE, Member, Membership

# What later refunds are told of what an order contributed: `programs`, `activities`, `left_out` and `terms` of its record (OrderRecord).
# `activities` is a tuple where all of it counts in all of them, and a list elsewhere.
Contributed = tuple[list[int], Sequence[int], int, Sequence[int]]
# What an order adds to each activity that it counts in: minor units or pieces, above 0.
Additions = dict[CompiledActivity, int]
# Of who has one id, and of who has several.
_NOTHING_BOUGHT: Final = (0, NOT_ITS_OWN)
_each: Final[Callable[[Iterable[CompiledActivity], int], Additions]] = dict.fromkeys


class TooManyGrants(Refused):
    """An order that would owe more grants, of one activity or in all, than the limits allow (spec 1.6). Nothing was changed."""

    def __init__(self, detail: str) -> None:
        super().__init__("too_many_grants", detail)


def apply_purchase(
    member: Member,
    accepted: Accepted,
    now_ms: int,
    rulebook: Rulebook,
    limits: GrantLimits,
    happened: list[Happened],
) -> Contributed:
    """Adds an order to its member's progress and spending; what came of it is appended to `happened`. `now_ms`: when the order came. Raises
    TooManyGrants, InvalidDocument.
    """
    order: Purchase = accepted.document
    amount, time_ms, currency, imported = accepted.amount, accepted.time_ms, order.currency, order.imported
    # One purchase more (spec 5).
    bought, minute, channel = member.bought, time_ms // MINUTE_MS, ON_POS if order.channel == "pos" else ONLINE
    if minute > member.last_bought_min or bought in _NOTHING_BOUGHT:
        member.last_bought_min = minute
    member.bought = bought + PURCHASE | channel if bought >= 0 else ~(~bought + PURCHASE | channel)
    refs: Sequence[int] = ()
    if amount and not imported:
        refs = _progress(member, order, accepted, now_ms, rulebook, limits, happened)
    counted = counted_amount(accepted.assets, amount) if accepted.assets else amount
    programs: list[int] = []
    terms: Sequence[int] = ()
    for membership in member.memberships:
        program = rulebook.newest.get(membership.program)
        if program is None or program.existing_from_ms > now_ms:
            program = rulebook.program_of(member, membership.program, now_ms)
            if program is None:
                continue
        # Towards a program that he has left nothing counts, whenever it was placed.
        if program.spent_in != currency:
            continue
        if membership.since_ms > time_ms and not counts_in(member, membership, epoch_us(time_ms, order.placed_at)):
            continue
        if (program.active_from_ms > time_ms or imported) and not counts_by(program, epoch_us(time_ms, order.placed_at), imported):
            # Not by the rules of now.
            note_uncounted(program, membership, time_ms, counted, now_ms, rulebook, of_order=True, imported=imported)
            programs.append(~program.first_ref)
            terms = terms_with(terms, epoch_us(time_ms, order.placed_at), len(programs), number_of(membership, imported=imported))
            continue
        spent = membership.spent = membership.spent + counted
        if membership.judged != program.ref:
            membership.judged = program.ref
        programs.append(program.first_ref)
        if program.standard is not None or membership.standing is not None:
            time_us = epoch_us(time_ms, order.placed_at)
            spend(_case(program, member, membership, accepted, now_ms, rulebook, happened), new_order(time_us, counted))
            terms = terms_with(terms, time_us, len(programs), number_of(membership, imported=imported))
            continue
        # By history, and nothing was paid for: the sum says all.
        if imported:
            note(program, membership, time_ms, counted, now_ms, rulebook, IMPORTED)
            terms = terms_with(terms, epoch_us(time_ms, order.placed_at), len(programs), IMPORTED_ORDER)
        else:
            # As `note`, without a call.
            head, begins_ms, ends_ms = of_minute(minute, program.days, 0)
            added = head + encode_number(counted)
            noted = membership.ledger = membership.ledger + added
            if len(noted) % TIDY_BYTES < len(added):
                tidy(program, membership, now_ms, rulebook)
            if now_ms < begins_ms or now_ms >= ends_ms:
                # It judges by no times, and may be changed to one that does.
                terms = terms or (time_ms * 1000,)
        level = program.held[bisect_right(program.reached_at, spent if spent > 0 else 0)]
        if level != membership.level and not program.off:
            move_to(_case(program, member, membership, accepted, now_ms, rulebook, happened), level)
    if amount > LARGE:
        check_sums(member)
    return programs, refs, amount - counted, terms


def _progress(
    member: Member,
    order: Purchase,
    accepted: Accepted,
    now_ms: int,
    rulebook: Rulebook,
    limits: GrantLimits,
    happened: list[Happened],
) -> Sequence[int]:
    """Adds to progress, and grants what it has earned; the refs of the activities that the order counted in."""
    time_ms, amount, items = accepted.time_ms, accepted.amount, accepted.items
    memberships = member.memberships
    if len(memberships) == 1 and (only := memberships[0]).since_ms <= time_ms:
        # As `programs_at`, without a call.
        programs: str | tuple[str, ...] = only.program
    else:
        programs = programs_at(member, epoch_us(time_ms, order.placed_at))
    candidates = rulebook.candidates(time_ms, order.store_id, order.channel, order.service_type, order.currency, programs)
    if time_ms < now_ms - rulebook.closings.closes_after_ms:
        candidates = rulebook.closings.still_open(candidates, now_ms)
    if candidates.looked_at:
        if candidates.changes_within:
            candidates = candidates.at(epoch_us(time_ms, order.placed_at))
        for activity in candidates.folding:
            fold(member, activity)
    if candidates.guarded and (accepted.assets or order.coupons or order.promotions or order.member_price or order.member_discount):
        candidates = candidates.shareable_with(order, accepted.assets)
    pieces: int = sum(items[1::3])  # type: ignore[arg-type]
    # The whole amount or all pieces: nothing else is more.
    if large := (amount if amount > pieces else pieces) >= candidates.few_below:
        _refuse_too_many(member, candidates, items, amount, pieces, limits)
    even = pieces > 0 and candidates.skus.isdisjoint(items)
    in_scopes = None if even else _in_scopes(candidates, items, amount, pieces)
    progress, was_two = member.progress, member.bought < 0
    for epoch, stride, activity in candidates.amounts:
        reached = progress[epoch] = progress.get(epoch, 0) + amount
        # Whether a multiple of the stride is among what was added. All that was owed before is granted; but to who was two, what was owed
        # while the activity was not in force may not be.
        if reached % stride < amount or was_two:
            _grant(member, activity, accepted, now_ms, rulebook, happened)
    if pieces:
        for epoch, stride, activity in candidates.pieces:
            reached = progress[epoch] = progress.get(epoch, 0) + pieces
            if reached % stride < pieces or was_two:
                _grant(member, activity, accepted, now_ms, rulebook, happened)
    refs: Sequence[int] = candidates.refs
    if in_scopes is not None:
        refs = [*(candidates.of_every_line if pieces else candidates.of_amounts), *[activity.ref for activity in in_scopes]]
        _progress_in_scopes(member, accepted, in_scopes, now_ms, rulebook, happened)
    elif candidates.excluding:
        # In a loop, as a comprehension would have all that is summed here looked up in a cell.
        in_whole: Additions = {}
        for activity in candidates.excluding:
            in_whole[activity] = amount if activity.by_amount else pieces
        _progress_in_scopes(member, accepted, in_whole, now_ms, rulebook, happened)
    if large and pieces > LARGE:
        check_sums(member)
    return refs


def _grant(
    member: Member, activity: CompiledActivity, accepted: Accepted, now_ms: int, rulebook: Rulebook, happened: list[Happened]
) -> None:
    """What an order has earned in an activity."""
    order: Purchase = accepted.document
    assert order.member_id is not None
    now_us = now_ms * 1000 + accepted.finer_us
    grant_owed(member, activity, order.member_id, order.order_id, order.placed_at, now_us, rulebook, happened)


def _progress_in_scopes(
    member: Member,
    accepted: Accepted,
    additions: Additions,
    now_ms: int,
    rulebook: Rulebook,
    happened: list[Happened],
) -> None:
    """The same of activities to which some lines may not count, and what it adds to each of them."""
    progress, was_two = member.progress, member.bought < 0
    for activity, added in additions.items():
        epoch = activity.epoch
        reached = progress[epoch] = progress.get(epoch, 0) + added
        if reached % activity.stride < added or was_two:
            _grant(member, activity, accepted, now_ms, rulebook, happened)


def _refuse_too_many(
    member: Member, candidates: Candidates, items: Sequence[str | int], amount: int, pieces: int, limits: GrantLimits
) -> None:
    """Raises TooManyGrants where one of the activities, or all together, would owe more than that."""
    if candidates.limits is not limits:
        candidates.set_limits(limits, LARGE)
    if max(amount, pieces) < candidates.few_below:
        return
    additions = contributions(candidates, items, amount, pieces)
    in_all = 0
    for activity, added in additions.items():
        owed = would_owe(member, activity, added)
        in_all += owed
        if owed > limits.of_one_activity:
            raise TooManyGrants(f"the order owes {owed} grants of activity {activity.code}, more than {limits.of_one_activity}")
    if in_all > limits.in_all:
        raise TooManyGrants(f"the order owes {in_all} grants in all, more than {limits.in_all}")


def contributions(candidates: Candidates, items: Sequence[str | int], amount: int, pieces: int) -> Additions:
    """What items (see `items_of`), of that amount above 0 and so many pieces in all, add to each of the candidates. Where a scope leaves
    0, an activity takes no part (spec 2.3).
    """
    found: Additions = _each(candidates.by_amount, amount)
    if pieces:
        for activity in candidates.by_pieces:
            found[activity] = pieces
    found.update(_in_scopes(candidates, items, amount, pieces))
    return found


def _in_scopes(candidates: Candidates, items: Sequence[str | int], amount: int, pieces: int) -> Additions:
    """The same, of those to which some lines do not count."""
    found: Additions = {}
    for activity in candidates.excluding:
        added = amount if activity.by_amount else pieces
        if not activity.exclude.isdisjoint(items):
            added -= _in_scope(items, 2 if activity.by_amount else 1, activity.exclude)
        if added:
            found[activity] = added
    named, at = candidates.named, 0
    for sku in items[::3]:
        if sku in named:
            for activity in named[sku]:
                if added := items[at + 2 if activity.by_amount else at + 1]:  # type: ignore[assignment]
                    found[activity] = found.get(activity, 0) + added
        at += 3
    return found


def _in_scope(items: Sequence[str | int], measure: int, skus: frozenset[str]) -> int:
    """The pieces (measure 1) or amounts (2) of these skus."""
    return sum(items[at + measure] for at in range(0, len(items), 3) if items[at] in skus)  # type: ignore[misc]


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
