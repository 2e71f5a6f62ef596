"""When a benefit is issued: once for all who hold the level on a local day of every year, or of every n-th month (spec 3.8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from rules.definitions.checking.fault import Fault
from rules.definitions.fields import MonthDay

MONTHS_MAX = 120


class Issue(Struct, frozen=True, forbid_unknown_fields=True):
    """`yearly`: a day as MM-DD. `every_months`, with `day`: in every n-th month, counted from a January: every third is January, April,
    July and October. A day that the month lacks is its last.
    """

    yearly: MonthDay | None = None
    every_months: Annotated[int, Meta(ge=1, le=MONTHS_MAX)] | None = None
    day: Annotated[int, Meta(ge=1, le=31)] | None = None


def issue_faults(issue: Issue, at: str) -> Iterator[Fault]:
    """What is wrong with one of the right shape."""
    if (issue.yearly is None) == (issue.every_months is None):
        yield Fault(at, "expected on_upgrade, {yearly: MM-DD} or {every_months: n, day: d}")
    elif issue.every_months is not None and issue.day is None:
        yield Fault(f"{at}.day", "is required of every_months: expected the day of the month, from 1 to 31")
    elif issue.yearly is not None and issue.day is not None:
        yield Fault(f"{at}.day", "is for every_months: yearly says the day itself; leave it out")
