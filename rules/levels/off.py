"""A program that is off: it keeps counting, and no change of level, gain or grant comes of it (spec 3.7).

The level that was held stays as it was, unseen, and is judged afresh by the version that switches the program on again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules.rulebook.compiled import CompiledProgram
    from rules.state import Membership


def level(_program: CompiledProgram, membership: Membership) -> str | None:
    """The level that it has."""
    return membership.level
