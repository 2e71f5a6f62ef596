"""A grant that a limit refuses: it is told, and remembered of its member, so that a claim of it finds none (spec 2.6, 2.10)."""

from __future__ import annotations

from rules.bulk.compiled import CompiledBulk
from rules.bulk.made import forget
from rules.happened import Grant, Happened, Limit, refusal
from rules.rulebook.rulebook import Rulebook
from rules.state import Member


def refuse(member: Member, grant: Grant, limit: Limit, rulebook: Rulebook, happened: list[Happened]) -> None:
    """Refuses a grant owed to the member. Ordinals without a gap take the place of one."""
    assert grant.activity is not None
    happened.append(refusal(grant, limit))
    version = rulebook.granting_of(grant.activity)[-1]
    first_ref = version.first_ref
    if grant.ordinal is not None:
        runs = member.seldom.refused.setdefault(first_ref, [])
        if runs and runs[-1] == grant.ordinal - 1:
            runs[-1] = grant.ordinal
        else:
            runs += (grant.ordinal, grant.ordinal)
    elif grant.level is not None:
        # It never will be granted for this gain.
        member.gained[f"{first_ref}/{grant.level}"] = 0
    elif isinstance(version, CompiledBulk) and grant.run:
        forget(member, version, grant.run)


def was_refused(member: Member, first_ref: int, ordinal: int) -> bool:
    """Whether an ordinal that was owed was refused."""
    runs = member.seldom.refused.get(first_ref, ())
    return any(first <= ordinal <= last for first, last in zip(runs[::2], runs[1::2], strict=True))
