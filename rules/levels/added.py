"""A changed program: the level that is held, and what was added to its benefits (spec 3.6, 3.8)."""

from __future__ import annotations

from rules.benefits.issuing import await_issue, is_for, issue
from rules.levels.cause import Case
from rules.levels.settling import settle


def settle_and_add(case: Case) -> None:
    """Brings the level to what this version says, and has who holds it have what was added, unless he gained it just now: then he has it by
    that.
    """
    program, membership = case.program, case.membership
    if not program.added:
        settle(case)
    else:
        before = dict(case.member.gained)
        settle(case)
        _issue_added(case, before)
    if program.by_calendar:
        await_issue(program, membership.level, case.member, case.cause.now_ms)


def _issue_added(case: Case, gained_before: dict[str, int]) -> None:
    program, level = case.program, case.membership.level
    added = program.added.get(level or "", ())
    if level is None or case.membership.left or program.off:
        return
    place = f"{program.code}/{level}"
    is_gained = case.member.gained.get(place, 0) != gained_before.get(place, 0)
    for issuing in added:
        # What is for those who paid is not issued by a gain.
        if (issuing.paid_only or not is_gained) and is_for(issuing, case.membership):
            which = f"added-{program.version}"
            issue(program, level, issuing, case.member_id, "added", which, case.cause.occurred_at, case.happened)
