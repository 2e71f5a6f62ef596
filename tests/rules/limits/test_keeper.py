"""A keeper decides grant by grant: nothing is exceeded, and nothing refused that would still fit (spec 2.10)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.limits.keeper import Kept, make, refused_by

LIMIT = st.one_of(st.none(), st.integers(1, 8))
BUDGET = st.one_of(st.none(), st.integers(0, 30))


@given(st.lists(st.tuples(LIMIT, BUDGET, st.integers(0, 12)), max_size=30))
def test_it_decides_as_who_looks_through_all_that_was_made(asked: list[tuple[int | None, int | None, int]]) -> None:
    kept = Kept()
    made: list[int] = []
    for total, budget, worth in asked:
        limit = refused_by(kept, total, budget, worth)
        if total is not None and len(made) >= total:
            assert limit == "total"
        elif budget is not None and worth and sum(made) + worth > budget:
            assert limit == "budget"
        else:
            assert limit is None
            make(kept, worth)
            made.append(worth)
    assert (kept.made, kept.worth) == (len(made), sum(made))


def test_a_smaller_one_may_fit_later_and_what_costs_nothing_always_does() -> None:
    kept = Kept(2, 70)
    assert refused_by(kept, None, 100, 31) == "budget"
    assert refused_by(kept, None, 100, 30) is None
    assert refused_by(Kept(2, 150), None, 100, 0) is None
    assert refused_by(Kept(2, 150), 2, 100, 0) == "total"
