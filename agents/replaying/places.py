"""Where the lines of a replay stand on their feeds, and which line stands at a place."""

from __future__ import annotations

from array import array
from collections import defaultdict

from streams.routing import partition_of

# Where a document stood that no feed carries.
NOT_CARRIED = "replay"


class Places:
    """Every line's place: a member's lines are in the partition where his documents meet, those of nobody go round."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._placed = 0
        self._of_members: dict[str, int] = {}
        # The numbers of the lines at the offsets of each partition of a feed, eight bytes a line.
        self._numbers: defaultdict[str, list[array[int]]] = defaultdict(lambda: [array("q") for _ in range(partitions)])

    def place(self, feed: str, member_id: str | None, number: int) -> tuple[int, int]:
        """The partition and offset of the next line on a feed; `number`: of the line, among all."""
        if member_id is None:
            partition = self._placed % self._partitions
        else:
            known = self._of_members.get(member_id)
            if known is None:
                known = self._of_members[member_id] = partition_of(member_id, self._partitions)
            partition = known
        self._placed += 1
        numbers = self._numbers[feed][partition]
        numbers.append(number)
        return partition, len(numbers) - 1

    def number_of(self, source: str) -> int:
        """The number of the line that stood there, by the source that its dead letter names; what is no line (a grant that a sink has
        refused) comes after all of them.
        """
        *place, last = source.split("/")
        if place == [NOT_CARRIED]:
            return int(last)
        feed, partition = place
        numbers = self._numbers.get(feed)
        return 2**63 if numbers is None else numbers[int(partition)][int(last)]
