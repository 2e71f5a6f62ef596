"""What the spec has and this version has not is never ignored silently."""

from __future__ import annotations

import pytest

from tests.rules.definitions.whole import (
    PROGRAM,
    SPRING,
    UPGRADE,
    Document,
    changed,
    the_problem,
    whole_set,
)

UNSUPPORTED: list[tuple[Document, str, object, str]] = [
    (SPRING, "type", "bulk", "type"),
    (SPRING, "segment", {}, "segment"),
    (UPGRADE, "schedule", {"every": "day"}, "schedule"),
    (PROGRAM, "measure", "points", "measure"),
    (PROGRAM, "standard", {"mode": "each"}, "standard.mode"),
    (PROGRAM, "standard", {"mode": "total", "window": "since_upgrade"}, "standard.window"),
    (PROGRAM, "standard.period", {"days": 3}, "standard.period"),
    (PROGRAM, "validity", {"years": 1}, "validity"),
    (PROGRAM, "spending_downgrade", True, "spending_downgrade"),
    (PROGRAM, "lock_in", {"by": "single_order", "extend": {"years": 1}}, "lock_in"),
    (PROGRAM, "paid", {"pricing": "per_level"}, "paid.pricing"),
    (PROGRAM, "levels.0.type", "dual", "levels[0].type"),
    (PROGRAM, "levels.1.type", "paid", "levels[1].type"),
    (PROGRAM, "levels.0.lock_in_amount", 5, "levels[0].lock_in_amount"),
    (PROGRAM, "levels.0.price", 5, "levels[0].price"),
    (PROGRAM, "levels.0.prices", {"silver": 5}, "levels[0].prices"),
    (PROGRAM, "levels.0.paid_validity", {"days": 5}, "levels[0].paid_validity"),
]


@pytest.mark.parametrize(("document", "path", "value", "field"), UNSUPPORTED)
def test_what_is_not_supported_yet_is_refused_by_name(document: Document, path: str, value: object, field: str) -> None:
    problem = the_problem(whole_set(changed(document, path, value)))
    assert (problem.code, problem.field, problem.warning) == (document["code"], field, False)
    assert "is not supported yet" in problem.message
