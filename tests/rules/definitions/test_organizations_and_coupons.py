"""Mistakes in organizations and coupons."""

from __future__ import annotations

import pytest

from tests.rules.definitions.whole import (
    MUG,
    ORGANIZATION,
    Document,
    assert_found,
)

# (document, path to change, value, field of the problem, what its message must say)
MISTAKES: list[tuple[Document, str, object, str, list[str]]] = [
    (MUG, "value", -1, "value", ["0 or more"]),
    (ORGANIZATION, "stores", "web-gb", "stores", ["list"]),
    (MUG, "currency", "XQQ", "currency", ["ISO 4217"]),
    (ORGANIZATION, "parent", "world", "parent", ["no organization", "'world'"]),
    (ORGANIZATION, "parent", "web", "parent", ["below itself", "web < web"]),
]


@pytest.mark.parametrize(("document", "path", "value", "field", "said"), MISTAKES)
def test_a_mistake_is_found_at_its_field(document: Document, path: str, value: object, field: str, said: list[str]) -> None:
    assert_found(document, path, value, field, said)
