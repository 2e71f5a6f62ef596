"""Whatever a field holds is judged."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rules.definitions.checking.check import check
from rules.definitions.kinds import parse
from tests.rules.definitions.whole import (
    ACCEPTED,
    whole_set,
)
from tests.thorough import examples

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "all", "classic", "2010-12-01T00:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["kind", "days", "stores", "code", "from"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, held in inside:
        yield from paths_of(held, (*path, name))


SET_TO_BREAK = whole_set(ACCEPTED["steps"] | {"code": "steps"}, ACCEPTED["an organization below another"])


@examples(300)
@given(st.sampled_from(list(paths_of(SET_TO_BREAK))), JSON_VALUES)
def test_whatever_a_field_holds_is_judged_and_what_is_clean_parses(path: tuple[int | str, ...], value: object) -> None:
    documents: Any = copy.deepcopy(SET_TO_BREAK)
    place = documents
    for part in path[:-1]:
        place = place[part]
    if len(path) > 1 or isinstance(value, dict):
        place[path[-1]] = value
    for document, problems in zip(documents, check(documents), strict=True):
        if all(problem.warning for problem in problems):
            parse(document)
        assert all(problem.message for problem in problems)
