"""Whom an activity has counted already, where an older release kept his sums by version (spec 2.7). See also test_figures_members.py."""

from __future__ import annotations

import pytest

from rules.figures.first_counted import as_before, first_counted
from rules.rulebook.epochs import fold
from rules.state import Member
from tests.rules.rulebook.saved import rulebook, spend, version

# Two versions of one threshold, the sums of which are kept under the first by now, and another activity.
FIRST, SECOND, OTHER = 0, 1, 2
RULES = rulebook(version(spend()), version(spend(name="Spend more"), 2), version(spend(code="other")))


@pytest.mark.parametrize(("sums", "new"), [
    ({FIRST: 50, SECOND: 20}, (OTHER,)),
    ({SECOND: 20}, (OTHER,)),
    ({FIRST: -50, SECOND: 20}, (OTHER,)),
    ({FIRST: -50, SECOND: 20, OTHER: 5}, ()),
    ({FIRST: -50, SECOND: -20, OTHER: 5}, (FIRST,)),
    ({}, (FIRST, OTHER)),
])  # fmt: skip
def test_what_was_kept_under_another_version_is_of_the_same_activity(sums: dict[int, int], new: tuple[int, ...]) -> None:
    member = Member(progress=dict(sums))
    before = as_before(member, RULES)
    fold(member, RULES.activities[SECOND])
    for epoch in (FIRST, OTHER):
        member.progress[epoch] = member.progress.get(epoch, 0) + 100
    assert first_counted(member, before, (SECOND, OTHER), RULES) == new
