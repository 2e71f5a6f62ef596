"""What the spec has and this version has not is never ignored silently."""

from __future__ import annotations

import pytest

from tests.rules.definitions.whole import (
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
]


@pytest.mark.parametrize(("document", "path", "value", "field"), UNSUPPORTED)
def test_what_is_not_supported_yet_is_refused_by_name(document: Document, path: str, value: object, field: str) -> None:
    problem = the_problem(whole_set(changed(document, path, value)))
    assert (problem.code, problem.field, problem.warning) == (document["code"], field, False)
    assert "is not supported yet" in problem.message
