"""A level spent for is lost by a refund, where the program says so (spec 3.5)."""

from __future__ import annotations

from rules.levels.kept import Standing
from rules.levels.standards import Standard
from rules.levels.terms import below, is_better, put
from rules.rulebook.compiled.program import CompiledProgram


def fall(program: CompiledProgram, standard: Standard, standing: Standing, now_ms: int) -> None:
    """Brings what is spent for to what is still reached: the highest lower level with the same term, or the level spent for before while
    its own term runs, of which the same is asked again. What an end has decided stands.
    """
    while standing.terms:
        term = standing.terms[-1]
        if term.decided or standard.is_still_reached(program, standing, term):
            return
        level = standard.reached_below(program, standing, term)
        standard.fell(standing, term)
        before = below(standing, now_ms)
        # The level that nothing reaches as well has no term.
        lower = level is not None and program.position(level) > program.position(program.floor)
        if lower and (before is None or is_better(program, level or "", term.ends_ms, before)):
            term.level = level or ""
            put(program, standing, term, now_ms)
            return
        standing.terms.pop()
        # Those between are over.
        while standing.terms and standing.terms[-1] is not before:
            standing.terms.pop()
