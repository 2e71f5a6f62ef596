"""Gifts of a member that wait, where they are many: put by, in records of their own beside his, some in each (spec 2.6).

So what happens to him reads and writes no more than it does of others, however much waits to be released or claimed. In his record a
stand-in has the place of what such a record has, so that all of it keeps its order. Who looks at it has it brought back first; as the
member is written it is put by anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

from rules.gifts.grant_ids import GrantId
from rules.gifts.waiting import HELD_MS, PUT_BY, Claimable, Unreleased, Waiting
from rules.state import Member
from tables.layout import put_by_key

# How many entries of a member's record are put by in one of their own, once there are so many. With fewer he has more records, and a
# stand-in for each; with more whatever happens to him reads and writes more of them.
TOGETHER: Final = 32
_FORMAT: Final = 1

# Whether what is put by is to be brought back: its stand-in, and its record.
Wanted = Callable[[Waiting, bytes], bool]

# By version (ref), the first and the last ordinal of those gifts that have one.
_Ordinals = dict[int, tuple[int, int]]
_W = TypeVar("_W", Unreleased, Claimable)

# A record: its format, the ordinals, and the gifts, which are mostly left as they are.
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_head: Final = msgspec.msgpack.Decoder(tuple[int, _Ordinals, Raw]).decode
_claimable: Final = msgspec.msgpack.Decoder(list[Claimable]).decode
_unreleased: Final = msgspec.msgpack.Decoder(list[Unreleased]).decode


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
        if found := self._wanted(member_id, rest.claimable, wanted):
            rest.claimable = list(_with(rest.claimable, found, _claimable))
            size_bytes += sum(map(len, found.values()))
        if found := self._wanted(member_id, rest.unreleased, wanted):
            rest.unreleased = list(_with(rest.unreleased, found, _unreleased))
            size_bytes += sum(map(len, found.values()))
        return size_bytes

    def _wanted(self, member_id: str, waiting: Sequence[Waiting], wanted: Wanted | None) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for waits in waiting:
            if waits.ref == PUT_BY:
                record = self.records[put_by_key(member_id, waits.number)]
                if wanted is None or wanted(waits, record):
                    found[waits.number] = record
        if found:
            self._brought_back.setdefault(member_id, set()).update(found)
        return found

    def forget(self, member_id: str, member: Member) -> None:
        """All of it is the member's no longer."""
        if numbers := _numbers(member):
            self._brought_back.setdefault(member_id, set()).update(numbers)

    def owes(self, member_id: str, member: Member) -> bool:
        """Whether there may be something to `put_by` of a member who is written."""
        if member_id in self._brought_back:
            return True
        rest = member.rest
        return not isinstance(rest, Raw) and (len(rest.claimable) >= TOGETHER or len(rest.unreleased) >= TOGETHER)

    def put_by(self, member_id: str, member: Member) -> list[tuple[bytes, bytes | None]]:
        """Puts by what the member has too much of; the records that are written for it by their keys, None for one that is gone.

        It is never undone: until then what was brought back stands as it was.
        """
        rest, written = member.seldom, list[tuple[bytes, bytes | None]]()
        before, last = self._brought_back.pop(member_id, set()), max(_numbers(member), default=0)

        def put(some: Sequence[Waiting]) -> int:
            nonlocal last
            last += 1
            key, record = put_by_key(member_id, last), _encode((_FORMAT, _ordinals(some), some))
            self.records[key] = record
            written.append((key, record))
            return last

        rest.claimable = _put_by(rest.claimable, put)
        rest.unreleased = _put_by(rest.unreleased, put)
        for number in before.difference(_numbers(member)):
            key = put_by_key(member_id, number)
            if self.records.pop(key, None) is not None:
                written.append((key, None))
        return written


def _numbers(member: Member) -> list[int]:
    """Of the records of a member."""
    rest = member.seldom
    return [waits.number for waiting in (rest.claimable, rest.unreleased) for waits in waiting if waits.ref == PUT_BY]


def _with(waiting: Sequence[_W], found: dict[int, bytes], decode: Callable[[bytes], list[_W]]) -> Iterator[_W]:
    """What waits, with the gifts of these records in their places."""
    for waits in waiting:
        record = found.get(waits.number) if waits.ref == PUT_BY else None
        if record is None:
            yield waits
        else:
            yield from decode(_decode_head(record)[2])


def _put_by(waiting: Sequence[_W], put: Callable[[Sequence[_W]], int]) -> list[_W]:
    """What is left of it in the member's record, with the stand-ins of what was `put` by."""
    kept: list[_W] = []
    loose: list[_W] = []
    for waits in waiting:
        if waits.ref != PUT_BY and waits.next_ms != HELD_MS:
            loose.append(waits)
            continue
        # Of what was brought back from before others nothing is left with the member; what is held is, as it may stand again any time.
        _put_some(loose, kept, put, 1 if waits.ref == PUT_BY else TOGETHER)
        kept.append(waits)
    # What came last stays with him, until it is much.
    _put_some(loose, kept, put, TOGETHER)
    return kept


def _put_some(loose: list[_W], kept: list[_W], put: Callable[[Sequence[_W]], int], least: int) -> None:
    """Puts by what is loose, `least` at a time at least; the rest is kept."""
    while len(loose) >= least and loose:
        some = loose[:TOGETHER]
        del loose[:TOGETHER]
        kept.append(some[0].stand_in(put(some), min([waits.next_ms for waits in some])))
    kept += loose
    loose.clear()


def _ordinals(some: Sequence[Waiting]) -> _Ordinals:
    found: _Ordinals = {}
    for waits in some:
        if not waits.label:
            first, last = found.get(waits.ref, (waits.first, waits.last))
            found[waits.ref] = (min(first, waits.first), max(last, waits.last))
    return found


def of_grant(grant: GrantId, refs: Sequence[int]) -> Wanted:
    """What may have gifts of a grant. `refs`: the versions of its activity."""
    label = grant.label.encode()

    def wanted(_: Waiting, record: bytes) -> bool:
        if not grant.ordinal:
            # No label is a number.
            return label in record
        ordinals = _decode_head(record)[1]
        return any(ref in ordinals and ordinals[ref][0] <= grant.ordinal <= ordinals[ref][1] for ref in refs)

    return wanted


def due_by(due_ms: int) -> Wanted:
    """What has gifts of which something is due by then (epoch ms): to be released, or to be forgotten."""
    return lambda waits, _: waits.next_ms <= due_ms
