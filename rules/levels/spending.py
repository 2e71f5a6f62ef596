"""What a document counts towards a program's levels, and what it takes back, where the sum is not all (spec 3.4, 3.5)."""

from __future__ import annotations

import msgspec

from rules.levels import past, period, terms
from rules.levels.cause import Case, Cause
from rules.levels.entry import Entry
from rules.levels.kept import Standing
from rules.levels.late import give_back
from rules.levels.ledger import IMPORTED, NO_ORDER, NOT_COUNTED
from rules.levels.noting import note, take_back_noted
from rules.levels.refunds import fall
from rules.levels.settling import end_until, settle
from rules.levels.standards import STANDARDS, Standard
from rules.levels.upgrade import rise
from rules.order_record import IMPORTED_ORDER
from rules.times import DAY_MS, moment


def spend(case: Case, entry: Entry) -> None:
    """A document that has come counts: at once, and where it belongs. `entry`: new."""
    program, membership = case.program, case.membership
    standard, standing = program.standard, membership.standing
    if standard is None:
        # By history: the sum says all, beside what was paid for.
        flags = (0 if entry.of_order else NO_ORDER) | (IMPORTED if case.cause.imported else 0)
        note(program, membership, entry.time_ms, entry.now, case.cause.now_ms, case.rulebook, flags)
        settle(case)
        return
    if standing is None:
        standing = membership.standing = Standing()
    if standing.next_end_ms <= entry.time_ms:
        # It is of a time that the clock has not reached.
        end_until(case, entry.time_ms)
    standing.newest_us = max(standing.newest_us, entry.time_us)
    _count(case, standard, standing, entry)
    if not entry.of_order:
        _lower(case, standard, standing)
        return
    last, now_ms = standing.last_end, case.cause.now_ms
    if last is not None and entry.time_us < last.at_us and give_back(program, standard, standing, last, now_ms):
        came, as_of = case.cause, moment(last.at_us // 1000)
        as_of_then = Cause("late", came.document_id, came.order_id, as_of, came.now_ms, came.imported, came.finer_us)
        settle(msgspec.structs.replace(case, cause=as_of_then), gains=False)
    # Else the level that is held is what it was, and what holds it.
    if rise(program, standard, standing, entry, now_ms) or program.lock_in is not None:
        settle(case)


def take_back(case: Case, entry: Entry, *, counted: bool) -> None:
    """What is left of an order counts from now on, where it counts by the rules of now. `entry`: of that order; `counted`: whether it
    did when it came.
    """
    if not _counts_now(case, entry, counted=counted):
        return
    if not counted:
        # Of what counts only by the rules of now its day is known (`rules.levels.recounting`).
        days = case.program.days
        begins_ms = days.midnight_after(entry.day(days) - 1)
        entry = msgspec.structs.replace(entry, time_us=begins_ms * 1000)
    case.membership.spent -= entry.before - entry.now
    standing, standard = case.membership.standing, case.program.standard
    if standard is None or standing is None:
        settle(case)
    else:
        _count(case, standard, standing, entry)
        _lower(case, standard, standing)


def _counts_now(case: Case, entry: Entry, *, counted: bool) -> bool:
    """Whether an order counts by the rules of now. Where it is noted, so is what is left of it."""
    program, membership = case.program, case.membership
    days = () if program.standard is None or membership.standing is None else membership.standing.days
    day, imported = entry.day(program.days), entry.number == IMPORTED_ORDER
    if counted and day in days:
        return True
    counts = take_back_noted(membership, day, entry.before, entry.now, imported=imported, counted=counted)
    if counts is not None:
        return counts
    if program.standard is not None:
        return counted or day in days
    # It is no longer known by itself.
    flags = NO_ORDER | (0 if counted else NOT_COUNTED) | (IMPORTED if imported else 0)
    note(program, membership, entry.time_ms, entry.now - entry.before, case.cause.now_ms, case.rulebook, flags)
    return counted


def _count(case: Case, standard: Standard, standing: Standing, entry: Entry) -> None:
    terms.count(case.program, standard, standing, entry)
    past.add(case.program, standing, entry)
    standard.count(case.program, standing, entry)
    changes_for_days = case.rulebook.closings.closes_after_ms // DAY_MS
    day = past.needed_from(case.program, standing, case.cause.now_ms, changes_for_days, case.rulebook.keep_days)
    if day is not None:
        if standard is STANDARDS["period"]:
            period.forgetting(case.program, standing, day)
        past.forget(standing, day)


def _lower(case: Case, standard: Standard, standing: Standing) -> None:
    """After what takes back: it never raises a level (spec 1.2)."""
    if case.program.spending_downgrade:
        fall(case.program, standard, standing, case.cause.now_ms)
    settle(case)
