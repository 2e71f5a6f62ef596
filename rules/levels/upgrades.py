"""What comes of a level that was gained: the tier_upgrades for it grant, and its upgrade points are given (spec 2.8, 3.8)."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from rules.benefits.issuing import issue
from rules.benefits.points_given import remember_points
from rules.gifts.made_by import remember_version
from rules.gifts.making import make
from rules.happened import Grant, IssuedBy, grants_of
from rules.levels.cause import Case
from rules.limits.limiting import limited
from rules.limits.runs import add_run
from rules.rulebook.compiled.level import UpgradePoints
from rules.times import epoch_us, iso


def gain(case: Case, code: str) -> None:
    """The program's level of that code was gained. What an imported order gains counts as gained all the same."""
    program, gained = case.program, case.member.gained
    level = f"{program.code}/{code}"
    gains = gained[level] = gained.get(level, 0) + 1
    if level in case.rulebook.upgrades:
        _grant_upgrades(case, level, gains)
    if code in program.giving:
        if gains == 1:
            _give_points(case, code, paid_only=False)
        _issue(case, code, "upgrade", f"upgrade-{gains}", paid_only=False)


def give_to_payer(case: Case, code: str) -> None:
    """A level was paid for, for the first time: what of its upgrade points, and of what is issued, is for those who paid (spec 3.8)."""
    _give_points(case, code, paid_only=True)
    _issue(case, code, "payment", "paid", paid_only=True)


def _grant_upgrades(case: Case, level: str, gains: int) -> None:
    """Each tier_upgrade for a level (program/level) grants, by the version that holds then (spec 2.8)."""
    rulebook, cause, gained, member_id = case.rulebook, case.cause, case.member.gained, case.member_id
    gained_us, at = epoch_us(cause.occurred_at), cause.at
    for activity in rulebook.upgrades[level]:
        if not activity.from_us <= gained_us < activity.until_us or rulebook.closings.is_closed(activity.first_ref, cause.now_ms):
            continue
        fired = f"{activity.first_ref}/{level}"
        if not activity.regain and fired in gained:
            continue
        if cause.imported:
            # It was the first gain within the activity's dates all the same.
            gained.setdefault(fired, 0)
            continue
        if activity.regain and gained.get(fired, 0) < gains - 1:
            add_run(case.member.seldom.for_claims.setdefault(fired, []), gained.get(fired, 0) + 1, gains - 1)
        gained[fired] = gains
        if activity.reshaped:
            remember_version(case.member, fired, gains, activity, rulebook)
        gain = f"/{gains}" if activity.regain else ""
        label = f"{level}{gain}"
        grant = Grant(
            f"{grants_of(activity.code, member_id)}{label}",
            activity.code,
            member_id,
            None,
            cause.order_id,
            at,
            activity.gifts,
            activity.version,
            level,
            activity.notify,
        )
        # Of a tier_upgrade, `granted` is how many grants were owed.
        nth = case.member.granted[activity.first_ref] = case.member.granted.get(activity.first_ref, 0) + 1
        limits = activity.limits
        if limits is None or not limited(case.member, limits, grant, nth, gained_us, cause.now_us, rulebook, case.happened):
            make(case.member, activity, activity.terms, [grant], label, cause.occurred_at, cause.now_us, rulebook, case.happened)


def _give_points(case: Case, code: str, *, paid_only: bool) -> None:
    level = case.program.level(code)
    if level is None or case.cause.imported:
        return
    given = [benefit for benefit in level.upgrade_points if benefit.paid_only == paid_only]
    if given:
        case.happened += [_points_of(case, code, benefit) for benefit in given]
        remember_points(case.member, case.program, code, paid_only=paid_only)


def _issue(case: Case, code: str, by: IssuedBy, which: str, *, paid_only: bool) -> None:
    """Issues what is issued when a level is gained."""
    if case.cause.imported:
        return
    issued_at = case.cause.known_at
    for issuing in case.program.issuings(code):
        if issuing.days is None and issuing.paid_only == paid_only:
            issue(case.program, code, issuing, case.member_id, by, which, issued_at, case.happened)


def _points_of(case: Case, code: str, benefit: UpgradePoints) -> Grant:
    program, cause = case.program, case.cause
    level = f"{program.code}/{code}"
    return Grant(
        grants_of(f"{level}/{benefit.code}", case.member_id)[:-1],
        None,
        case.member_id,
        None,
        cause.order_id,
        cause.at,
        Raw(msgspec.json.encode([{"kind": "points", "points": benefit.points, "release": "instant"}])),
        program.version,
        level,
        released_at=iso(cause.known_at),
    )
