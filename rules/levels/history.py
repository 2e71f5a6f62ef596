"""The standard `total` over `history`: the level that the sum of all that counted reaches, up and down (spec 3.1, 3.4).

There are no terms: the sum says all.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules.rulebook.compiled.program import CompiledProgram
    from rules.state import Membership


def level(program: CompiledProgram, membership: Membership) -> str | None:
    """The level that the sum reaches now, up or down."""
    spent = membership.spent
    return program.held[bisect_right(program.reached_at, spent if spent > 0 else 0)]
