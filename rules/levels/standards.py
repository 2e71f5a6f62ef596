"""The standards: by what spending a level is reached (spec 3.1, 3.4). A new one is a module and a line in `STANDARDS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rules.levels import history

if TYPE_CHECKING:
    from rules.rulebook.compiled import CompiledProgram
    from rules.state import Membership


class Standard(Protocol):
    """One way of judging what a membership has spent."""

    def level(self, program: CompiledProgram, membership: Membership) -> str | None:
        """The code of the level that a membership must be at now, by a version of its program; None for none."""


# By mode and window, as a program's definition names them. A compiled program holds its own.
STANDARDS: dict[tuple[str, str | None], Standard] = {
    ("total", "history"): history,
}
