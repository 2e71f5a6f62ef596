"""How much counts of a membership now: by that it reaches thresholds, those of disabled levels too (spec 3.9)."""

from __future__ import annotations

from rules.rulebook.compiled.program import CompiledProgram
from rules.state import Membership


def reaches(program: CompiledProgram, membership: Membership, now_ms: int) -> int:
    """By history the sum. Elsewhere what counts now by the standard, or more, what a level spent for was gained with whose term runs: by
    that it is judged afresh where rules change. 0 at least.
    """
    standard, standing = program.standard, membership.standing
    if standard is None:
        return max(0, membership.spent)
    if standing is None:
        return 0
    gained = (term.gained_with for term in standing.terms if term.ends_ms > now_ms)
    return max(0, standard.present(program, standing, now_ms), *gained)
