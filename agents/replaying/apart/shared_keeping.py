"""What keepers of totals and budgets know where a replay is in two processes (spec 2.10)."""

from __future__ import annotations

from agents.replaying.apart.other import Other
from rules.limits.keeper import Kept
from tables.keeping import Keeping


class SharedKeeping(Keeping, kw_only=True, gc=True):
    """What is made here is kept here; decided is by what is made there as well, of all that comes first."""

    other: Other

    def known(self, activity: str) -> Kept:
        here, there = self.of(activity), self.other.kept_before().get(activity, Kept())
        return Kept(here.made + there.made, here.worth + there.worth)
