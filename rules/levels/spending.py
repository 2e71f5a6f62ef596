"""What a document counts towards a program's levels, and what it takes back, where the sum is not all (spec 3.4, 3.5)."""

from __future__ import annotations

import msgspec

from rules.levels import past, period, terms
from rules.levels.cause import Case
from rules.levels.entry import Entry
from rules.levels.kept import ALWAYS_US, Standing
from rules.levels.late import give_back
from rules.levels.refunds import fall
from rules.levels.settling import end_until, settle
from rules.levels.standards import STANDARDS, Standard
from rules.levels.upgrade import rise
from rules.times import DAY_MS, moment


def spend(case: Case, entry: Entry) -> None:
    """A document that has come counts: at once, and where it belongs. `entry`: new."""
    program, membership = case.program, case.membership
    standard, standing = program.standard, membership.standing
    if standard is None:
        # By history: something was paid for, beside what the sum says.
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
        as_of_then = msgspec.structs.replace(case.cause, why="late", occurred_at=moment(last.at_us // 1000))
        settle(msgspec.structs.replace(case, cause=as_of_then), gains=False)
    # Else the level that is held is what it was, and what holds it.
    if rise(program, standard, standing, entry, now_ms) or program.lock_in is not None:
        settle(case)


def take_back_untimed(case: Case, amount: int) -> None:
    """So much is taken back of an order that counted when its program had no terms. Of who has gained no level since, all that ever counted
    does.
    """
    standing = case.membership.standing
    if standing is not None and case.program.standard is STANDARDS["since_upgrade"] and standing.from_us == ALWAYS_US:
        standing.count -= amount
    settle(case)


def take_back(case: Case, entry: Entry) -> None:
    """What is left of an order that counted counts from now on. `entry`: of that order."""
    standing, standard = case.membership.standing, case.program.standard
    if standard is None or standing is None:
        settle(case)
    else:
        _count(case, standard, standing, entry)
        _lower(case, standard, standing)


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
