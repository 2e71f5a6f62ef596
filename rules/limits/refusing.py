"""A grant that a limit refuses: it is told, and remembered of its member, so that a claim of it finds none (spec 2.6, 2.10)."""

from __future__ import annotations

from rules.bulk.compiled import CompiledBulk
from rules.bulk.made import forget
from rules.happened import Grant, Happened, Limit, grants_of, refusal
from rules.limits.runs import add_run, is_in
from rules.rulebook.rulebook import Rulebook
from rules.state import Member


def refuse(member: Member, grant: Grant, limit: Limit, rulebook: Rulebook, happened: list[Happened]) -> None:
    """Refuses a grant owed to the member. Ordinals without a gap take the place of one."""
    assert grant.activity is not None
    happened.append(refusal(grant, limit))
    version = rulebook.granting_of(grant.activity)[-1]
    first_ref = version.first_ref
    if grant.ordinal is not None:
        add_run(member.seldom.for_claims.setdefault(first_ref, []), grant.ordinal, grant.ordinal)
    elif grant.level is not None:
        _pass_over(member, f"{first_ref}/{grant.level}", grant)
    elif isinstance(version, CompiledBulk) and grant.run:
        forget(member, version, grant.run)


def was_refused(member: Member, first_ref: int, ordinal: int) -> bool:
    """Whether an ordinal that was owed was refused."""
    return is_in(member.seldom.for_claims.get(first_ref, ()), ordinal)


def _pass_over(member: Member, fired: str, grant: Grant) -> None:
    """A tier_upgrade does not grant for a gain: for this one, where its number is part of the id; else never."""
    assert grant.activity is not None and grant.level is not None
    gain = grant.grant_id.removeprefix(grants_of(grant.activity, grant.member_id) + grant.level)[1:]
    if gain:
        add_run(member.seldom.for_claims.setdefault(fired, []), int(gain), int(gain))
    else:
        member.gained[fired] = 0
