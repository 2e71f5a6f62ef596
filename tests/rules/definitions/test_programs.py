"""Mistakes in a program."""

from __future__ import annotations

import pytest

from tests.rules.definitions.whole import (
    LEFT_OUT,
    PROGRAM,
    Document,
    assert_found,
    the_problem,
)

# (document, path to change, value, field of the problem, what its message must say)
MISTAKES: list[tuple[Document, str, object, str, list[str]]] = [
    (PROGRAM, "currency", "XQQ", "currency", ["ISO 4217"]),
    (PROGRAM, "timezone", "../../etc/passwd", "timezone", ["not a timezone"]),
    (PROGRAM, "levels.1.code", "silver", "levels[1].code", ["levels[0] already"]),
    (PROGRAM, "levels.0.threshold", LEFT_OUT, "levels[0].threshold", ["required"]),
    (PROGRAM, "levels", [], "enabled", ["without an enabled level"]),
    (PROGRAM, "plan", "starter", "levels", ["at most 1", "there are 2"]),
    (PROGRAM, "plan", "lite", "levels", ["at most 0"]),
    (PROGRAM, "plan", "free", "plan", ["'growth'"]),
    (PROGRAM, "participating_channels", [], "participating_channels", ["leave it out for all"]),
    (PROGRAM, "standard.windw", "history", "standard.windw", ["did you mean 'window'"]),
]


@pytest.mark.parametrize(("document", "path", "value", "field", "said"), MISTAKES)
def test_a_mistake_is_found_at_its_field(document: Document, path: str, value: object, field: str, said: list[str]) -> None:
    assert_found(document, path, value, field, said)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("active_from", "2010-01-01T00:00:00Z"),
        ("standard", {"include_imported": True}),
        ("measure", "points"),
        ("standard", {"mode": "each"}),
        ("paid", {"pricing": "per_level"}),
    ],
)
def test_small_plans_cannot_change_how_levels_are_reached(field: str, value: object) -> None:
    program = PROGRAM | {"plan": "starter", "levels": PROGRAM["levels"][:1], field: value}
    problem = the_problem([program])
    assert problem.field == field
    assert "plan starter cannot change this" in problem.message
