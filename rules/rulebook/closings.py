"""When an activity's books close: when nothing that comes can count in it any more, and what members have of it can be dropped.

An activity is over once none of its versions can be in force again, and no sooner than its newest version was saved: who publishes one
of the past has its orders yet to send. Its books close late_days + refund_days after that, by the partition's clock. Once they are closed
no order counts in it, however it came to be that late, and no later version is published (tidemark/definitions/proposals.py): so an
ordinal whose memory is gone is never given again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from msgspec import Struct

from rules.rulebook.candidates import Candidates
from rules.state import NEVER_MS


class Ending(Struct, frozen=True, gc=False):
    """An activity: its code, the ref of its first version, when it is over (NEVER_MS: it has no end), the refs of all versions, and whether
    it is a tier_upgrade, or a bulk.
    """

    code: str
    first_ref: int
    over_ms: int
    refs: frozenset[int]
    upgrade: bool
    bulk: bool = False


class Closed(Struct, frozen=True, gc=False):
    """The activities whose books are closed by some time: how many, their codes, the refs of all their versions, and those of the
    first versions of tier_upgrades, and of bulks.
    """

    count: int = 0
    codes: frozenset[str] = frozenset()
    refs: frozenset[int] = frozenset()
    upgrades: frozenset[int] = frozenset()
    bulks: frozenset[int] = frozenset()


class Closings:
    """Of all activities of a rulebook. Books that are closed stay so: `count` only ever grows with time."""

    def __init__(self, endings: Iterable[Ending], closes_after_ms: int = NEVER_MS) -> None:
        """`closes_after_ms`: how long after an activity is over."""
        self.closes_after_ms = closes_after_ms
        self._endings = sorted(
            (each for each in endings if each.over_ms != NEVER_MS), key=lambda each: (each.over_ms, each.first_ref)
        )
        self._times = [each.over_ms for each in self._endings]
        self._over_ms = {each.first_ref: each.over_ms for each in self._endings}
        self._last = Closed()

    def over_ms(self, first_ref: int) -> int:
        """When an activity is over; NEVER_MS for one that has no end, or that there is not."""
        return self._over_ms.get(first_ref, NEVER_MS)

    def is_closed(self, first_ref: int, now_ms: int) -> bool:
        """Whether an activity's books are closed by now."""
        return self.over_ms(first_ref) <= now_ms - self.closes_after_ms

    def closed(self, now_ms: int) -> Closed:
        """The activities whose books are closed by now; the same object until others are."""
        count = bisect_right(self._times, now_ms - self.closes_after_ms)
        if count != self._last.count:
            closed = self._endings[:count]
            refs = frozenset(ref for each in closed for ref in each.refs)
            upgrades = frozenset(each.first_ref for each in closed if each.upgrade)
            bulks = frozenset(each.first_ref for each in closed if each.bulk)
            self._last = Closed(count, frozenset(each.code for each in closed), refs, upgrades, bulks)
        return self._last

    def still_open(self, candidates: Candidates, now_ms: int) -> Candidates:
        """What of an order's candidates has open books: for an order that comes so long after it was placed that some may have not."""
        left = [each for each in candidates.all() if not self.is_closed(each.first_ref, now_ms)]
        return Candidates.of(left, candidates.all_named, candidates.changes_within)
