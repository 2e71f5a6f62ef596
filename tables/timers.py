"""Who has something due, and when: at most one entry a member, in buckets by time.

What is due is known by the member himself; here it is only found. Memory is bounded by the members with something due.
"""

from __future__ import annotations

import heapq
from typing import Final

from rules.state import NEVER_MS

# Times whose buckets are gone are let go of once they outnumber the others and this many.
_SPARE_TIMES: Final = 1_000


class Timers:
    """The members of one partition with something due, by when the first of it is."""

    def __init__(self) -> None:
        # A dict for a set that keeps its order, so that the same members are swept in the same order.
        self._buckets: dict[int, dict[str, None]] = {}
        # A heap of the buckets' times; those whose bucket is gone are passed over.
        self._times: list[int] = []
        # Whom the turn in hand was given, and from which bucket.
        self.given_out: dict[str, int] = {}
        # Who is in no bucket though something of his is due, and since when it is.
        self._aside: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._buckets.values())

    def due(self, now_ms: int) -> str | None:
        """The next member with something due by now, each once a turn; None if there is none. At one time, in no promised order."""
        due_ms = self.next_due_ms()
        if due_ms > now_ms:
            return None
        bucket = self._buckets[due_ms]
        member_id, _ = bucket.popitem()
        if not bucket:
            del self._buckets[due_ms]
        self.given_out[member_id] = due_ms
        return member_id

    def due_together(self, now_ms: int, most: int) -> list[str]:
        """The same of several members, of whom something is due at one time; as many as there are, up to `most`."""
        due_ms = self.next_due_ms()
        if due_ms > now_ms:
            return []
        bucket = self._buckets[due_ms]
        found = list(self._buckets.pop(due_ms)) if len(bucket) <= most else [bucket.popitem()[0] for _ in range(most)]
        self.given_out.update(dict.fromkeys(found, due_ms))
        return found

    def next_due_ms(self) -> int:
        """When something is next due, of those who were not given out in this turn; NEVER_MS if nothing is."""
        times = self._times
        while times and times[0] not in self._buckets:
            heapq.heappop(times)
        return times[0] if times else NEVER_MS

    def move(self, member_id: str, was_ms: int, due_ms: int) -> None:
        """Something of a member was next due at one time, and is at another; NEVER_MS for nothing."""
        self.given_out.pop(member_id, None)
        if self._aside:
            if self._aside.get(member_id) == due_ms:
                return
            self._aside.pop(member_id, None)
        if was_ms not in (due_ms, NEVER_MS):
            bucket = self._buckets.get(was_ms)
            if bucket is not None:
                bucket.pop(member_id, None)
                if not bucket:
                    del self._buckets[was_ms]
        if due_ms != NEVER_MS:
            self._put(member_id, due_ms)

    def moves_on(self, member_id: str, due_ms: int) -> bool:
        """As `move`, of who was given out in this turn, and not moved since: he is in no bucket. False of others."""
        if self.given_out.pop(member_id, None) is None:
            return False
        if due_ms != NEVER_MS:
            self._put(member_id, due_ms)
        return True

    def set_aside(self, member_id: str, due_ms: int) -> None:
        """A member of whom what is due at that time throws: he is not given out again until it is due at another time, or the partition
        is taken over anew.
        """
        self.given_out.pop(member_id, None)
        if due_ms == NEVER_MS:
            return
        self._aside[member_id] = due_ms
        bucket = self._buckets.get(due_ms)
        if bucket is not None:
            bucket.pop(member_id, None)
            if not bucket:
                del self._buckets[due_ms]

    def end_turn(self) -> None:
        """Who was given out in the turn and not moved is still due."""
        for member_id, due_ms in self.given_out.items():
            self._put(member_id, due_ms)
        self.given_out.clear()

    def _put(self, member_id: str, due_ms: int) -> None:
        bucket = self._buckets.get(due_ms)
        if bucket is not None:
            bucket[member_id] = None
            return
        self._buckets[due_ms] = {member_id: None}
        heapq.heappush(self._times, due_ms)
        if len(self._times) > 2 * len(self._buckets) + _SPARE_TIMES:
            self._times = list(self._buckets)
            heapq.heapify(self._times)
