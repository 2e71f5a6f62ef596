"""Which upgrade points a member was given: so that a claim of them, which were claimed by their release, is told from one of what never was
(spec 2.6, 3.8).

Of each version of a program by which some were given, by its ref: the places of these levels in its ladder; the complement of a place, of
points that were given for the first payment. It stands in `Seldom.for_claims`, under "points/" and the ref.
"""

from __future__ import annotations

from rules.happened import escaped
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import Member

# Program, level, benefit, member.
_PARTS = 4


def remember_points(member: Member, program: CompiledProgram, level: str, *, paid_only: bool) -> None:
    """Points of the program's level were given to the member: those for the payment, or all others."""
    place = program.position(level)
    member.seldom.for_claims.setdefault(_name(program), []).append(~place if paid_only else place)


def were_given(member: Member, member_id: str, grant_id: str, gift: int | None, rulebook: Rulebook) -> bool:
    """Whether a grant id is of upgrade points that the member was given, and they have a gift of that place (None: whichever): just one."""
    parts = grant_id.split("/")
    if len(parts) != _PARTS or parts[-1] != escaped(member_id) or gift not in (None, 1):
        return False
    code, level, benefit = parts[:-1]
    given = member.seldom.for_claims
    return any(
        _has(program, place, level, benefit)
        for program in rulebook.programs.get(code, ())
        for place in given.get(_name(program), ())
    )


def _name(program: CompiledProgram) -> str:
    return f"points/{program.ref}"


def _has(program: CompiledProgram, place: int, level: str, benefit: str) -> bool:
    paid_only = place < 0
    rung = program.ladder[~place if paid_only else place]
    return rung.code == level and any(each.code == benefit and each.paid_only == paid_only for each in rung.upgrade_points)
