"""The standards that have terms: by what spending a level is reached (spec 3.1, 3.4, 3.5). A new one is a module, and a line in
`STANDARDS`. History has none, and stands apart (history.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rules.levels import each, period, since_upgrade

if TYPE_CHECKING:
    from rules.levels.entry import Entry, Reached
    from rules.levels.kept import Standing, Term
    from rules.rulebook.compiled.program import CompiledProgram


class Standard(Protocol):
    """One way of judging what a membership has spent."""

    @property
    def counts_orders(self) -> bool:
        """Whether the end of a term is judged by how many orders in it reach each level."""

    def count(self, program: CompiledProgram, standing: Standing, entry: Entry) -> None:
        """Takes a document in, or what is left of one, where it counts."""

    def most(self, standing: Standing, entry: Entry) -> int:
        """No less than what is reached now that a document has been counted: quickly known."""

    def reached(self, program: CompiledProgram, standing: Standing, entry: Entry, now_ms: int) -> Reached | None:
        """The level that is reached now that a document has been counted; None for none."""

    def reached_afresh(self, program: CompiledProgram, standing: Standing, now_ms: int) -> Reached | None:
        """The level that is reached by what is kept, when a rule was changed; None for none (spec 3.6)."""

    def rose(self, program: CompiledProgram, standing: Standing, term: Term, entry: Entry | None) -> None:
        """A level was gained, and has this term. `entry`: of the document that gained it; None where a changed rule did."""

    def still(self, program: CompiledProgram, standing: Standing, term: Term) -> int:
        """What holds the level of a term, by what refunds judge it by."""

    def ended_with(self, program: CompiledProgram, standing: Standing, term: Term) -> int:
        """What the end of a term is judged by."""

    def at_end(self, program: CompiledProgram, standing: Standing, term: Term) -> str | None:
        """The level that the end of a term leaves, no higher than the term's own."""

    def is_still_reached(self, program: CompiledProgram, standing: Standing, term: Term) -> bool:
        """Whether a level is reached after a refund by what counts for it, the level's own term being the last."""

    def reached_below(self, program: CompiledProgram, standing: Standing, term: Term) -> str | None:
        """The highest lower level that this reaches."""

    def fell(self, standing: Standing, term: Term) -> None:
        """The level of a term is lost by a refund."""

    def lowered(self, standing: Standing, at_us: int) -> None:
        """A level was lost by the end of its term."""

    def restored(self, standing: Standing, term: Term, count: int, from_us: int) -> None:
        """A level was given back; with what the count would be, and from when on, had it not been lost."""

    def present(self, program: CompiledProgram, standing: Standing, now_ms: int) -> int:
        """What counts now, beside what the levels spent for were gained with."""


# By name, as a program's definition has it: the mode, or the window of mode total.
STANDARDS: dict[str, Standard] = {
    "each": each,
    "since_upgrade": since_upgrade,
    "period": period,
}
