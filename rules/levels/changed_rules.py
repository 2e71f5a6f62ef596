"""A changed program: what is remembered of a membership is made to fit it, before the member is judged by it (spec 3.5, 3.6)."""

from __future__ import annotations

from rules.levels.calendar import day_of
from rules.levels.kept import Standing, Term
from rules.levels.terms import ends_ms, last_day_after, new_number, put
from rules.rulebook.compiled import CompiledProgram
from rules.state import Membership


def adapt(program: CompiledProgram, membership: Membership, at_ms: int) -> None:
    """Has the terms of a membership be those of this version of its program, which holds from a time on."""
    standing = membership.standing
    if program.standard is None:
        if standing is not None:
            standing.terms, standing.last_end, standing.days = [], None, {}
        return
    if standing is None:
        standing = membership.standing = Standing()
        _keep_level(program, membership, standing, at_ms)
    terms, standing.terms = standing.terms, []
    for term in terms:
        level = _level_of(program, term)
        if level is not None and program.position(level) > program.position(program.floor):
            term.level = level
            _fit_end(program, term, at_ms)
            put(program, standing, term, at_ms)
    # It was judged by other rules.
    standing.last_end = None


def _keep_level(program: CompiledProgram, membership: Membership, standing: Standing, at_ms: int) -> None:
    """A program that had no terms has them now: the level that is held begins one."""
    if membership.level in program.thresholds:
        number = new_number(standing)
        term = Term(membership.level or "", None, 0, at_ms * 1000, number, at_ms * 1000, membership.spent, decided=True)
        standing.terms.append(term)


def _level_of(program: CompiledProgram, term: Term) -> str | None:
    """The level that a term has by this version. Of a level that is disabled, the next enabled one below; else what its count reaches."""
    level = program.level(term.level)
    if level is not None and term.level not in program.thresholds:
        position = program.position(term.level)
        return next((code for code in reversed(program.thresholds) if program.position(code) < position), None)
    return program.reached(term.gained_with)


def _fit_end(program: CompiledProgram, term: Term, at_ms: int) -> None:
    """Has it end where the program has terms that end, and in the program's zone."""
    if program.validity is None:
        term.last_day = None
    elif term.last_day is None:
        term.last_day = last_day_after(program, day_of(at_ms, program.zone))
    term.ends_ms = ends_ms(program, term.last_day)
