"""A changed program: the level that is held, and what was added to its benefits (spec 3.6, 3.8)."""

from __future__ import annotations

from rules.benefits.issuing import await_issue, is_for, issue
from rules.levels.cause import Case
from rules.levels.settling import hide, settle, show
from rules.rulebook.compiled.program import Added, CompiledProgram


def settle_and_add(case: Case, before: CompiledProgram, had: CompiledProgram | None) -> None:
    """Brings the level to what this version says, after the one before, and has who holds it have what was added, unless he gained it just
    now: then he has it by that. `had`: the last version before that was on, of which he has all; None where there is none.
    """
    program, membership = case.program, case.membership
    added = program.added_to(had)
    gained_before = dict(case.member.gained) if added else {}
    _settle(case, before)
    if added:
        _issue_added(case, added, gained_before)
    if program.by_calendar:
        await_issue(program, membership.level, case.member, case.cause.now_ms)


def _settle(case: Case, before: CompiledProgram) -> None:
    if before.off == case.program.off:
        settle(case)
    elif case.program.off:
        hide(case)
    else:
        show(case)


def _issue_added(case: Case, added: Added, gained_before: dict[str, int]) -> None:
    program, level = case.program, case.membership.level
    if level is None or case.membership.left or program.off:
        return
    place = f"{program.code}/{level}"
    is_gained = case.member.gained.get(place, 0) != gained_before.get(place, 0)
    for issuing in added.get(level, ()):
        # What is for those who paid is not issued by a gain.
        if (issuing.paid_only or not is_gained) and is_for(issuing.paid_only, case.membership):
            which = f"added-{program.version}"
            issue(program, level, issuing, case.member_id, "added", which, case.cause.occurred_at, case.happened)
