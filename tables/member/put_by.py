"""Gifts that a member has not claimed, where they are many: put by, in records of their own beside his, some in each (spec 2.6).

So what happens to him reads and writes no more than it does of others, however much waits. In his record one entry stands in the place of
what a record has, so that all of it keeps its order. Who looks at it has it brought back first; as the member is written it is put by anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import Raw

from rules.gifts.grant_ids import GrantId
from rules.gifts.waiting import PUT_BY, Claimable, put_by
from rules.state import Member
from tables.layout import put_by_key

# How many entries of a member's record are put by in one of their own, once there are so many. With fewer he has more records, and an entry
# for each; with more whatever happens to him reads and writes more of them.
TOGETHER: Final = 32
_FORMAT: Final = 1

# Whether what is put by is to be brought back: what stands in its place, and its record.
Wanted = Callable[[Claimable, bytes], bool]

_encode: Final = msgspec.msgpack.Encoder().encode
# The format; by version (ref) the first and the last ordinal of those that have one; and the gifts, which are mostly left as they are.
_decode: Final = msgspec.msgpack.Decoder(tuple[int, dict[int, tuple[int, int]], list[Claimable]]).decode
_decode_head: Final = msgspec.msgpack.Decoder(tuple[int, dict[int, tuple[int, int]], Raw]).decode


class PutBy:
    """Of all members of a partition."""

    def __init__(self) -> None:
        # By the key in the changelog.
        self.records: dict[bytes, bytes] = {}
        # Of whom records were brought back since he was written, by their numbers.
        self._brought_back: dict[str, set[int]] = {}

    def load(self, key: bytes, record: bytes | None) -> None:
        """One as it is read back; None: it is gone."""
        if record is None:
            self.records.pop(key, None)
        else:
            self.records[key] = record

    def bring_back(self, member_id: str, member: Member, wanted: Wanted | None = None) -> int:
        """Puts what is wanted, or all, into the member's record, where it stood; how many bytes that were."""
        rest, size_bytes = member.seldom, 0
        found: list[Claimable] = []
        for waits in rest.claimable:
            if waits.ref == PUT_BY:
                record = self.records[put_by_key(member_id, waits.number)]
                if wanted is None or wanted(waits, record):
                    size_bytes += len(record)
                    self._brought_back.setdefault(member_id, set()).add(waits.number)
                    found += _decode(record)[2]
                    continue
            found.append(waits)
        if size_bytes:
            rest.claimable = found
        return size_bytes

    def forget(self, member_id: str, member: Member) -> None:
        """All of it is the member's no longer."""
        numbers = [waits.number for waits in member.seldom.claimable if waits.ref == PUT_BY]
        if numbers:
            self._brought_back.setdefault(member_id, set()).update(numbers)

    def owes(self, member_id: str, member: Member) -> bool:
        """Whether there may be something to `put_by` of a member who is written."""
        return member_id in self._brought_back or (not isinstance(member.rest, Raw) and len(member.rest.claimable) >= TOGETHER)

    def put_by(self, member_id: str, member: Member) -> list[tuple[bytes, bytes | None]]:
        """Puts by what the member has too much of; the records that are written for it by their keys, None for one that is gone.

        It is never undone: until then what was brought back stands as it was.
        """
        rest = member.seldom
        before = self._brought_back.pop(member_id, set())
        last = max([0, *(waits.number for waits in rest.claimable if waits.ref == PUT_BY)])
        written: list[tuple[bytes, bytes | None]] = []
        kept: list[Claimable] = []
        loose: list[Claimable] = []

        def put(some: Sequence[Claimable]) -> None:
            nonlocal last
            last += 1
            key, record = put_by_key(member_id, last), _encode((_FORMAT, _ordinals(some), some))
            self.records[key] = record
            written.append((key, record))
            kept.append(put_by(last, min([waits.until_ms for waits in some])))

        for waits in rest.claimable:
            if waits.ref != PUT_BY:
                loose.append(waits)
                continue
            # What was brought back of what stood before others.
            while loose:
                put(loose[:TOGETHER])
                del loose[:TOGETHER]
            kept.append(waits)
        # Those that came last stay with the member, until they are many.
        while len(loose) >= TOGETHER:
            put(loose[:TOGETHER])
            del loose[:TOGETHER]
        rest.claimable = kept + loose
        for number in before - {waits.number for waits in kept if waits.ref == PUT_BY}:
            key = put_by_key(member_id, number)
            if self.records.pop(key, None) is not None:
                written.append((key, None))
        return written


def _ordinals(some: Sequence[Claimable]) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for waits in some:
        if not waits.label:
            first, last = found.get(waits.ref, (waits.first, waits.last))
            found[waits.ref] = (min(first, waits.first), max(last, waits.last))
    return found


def of_grant(grant: GrantId, refs: Sequence[int]) -> Wanted:
    """What may have gifts of a grant. `refs`: the versions of its activity."""
    label = grant.label.encode()

    def wanted(_: Claimable, record: bytes) -> bool:
        if not grant.ordinal:
            # No label is a number.
            return label in record
        ordinals = _decode_head(record)[1]
        return any(ref in ordinals and ordinals[ref][0] <= grant.ordinal <= ordinals[ref][1] for ref in refs)

    return wanted


def over_by(due_ms: int) -> Wanted:
    """What has gifts that are remembered no longer than until then (epoch ms)."""
    return lambda waits, _: waits.until_ms <= due_ms
