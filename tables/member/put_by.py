"""What waits of a member, where it is much: put by, in records of their own beside his, some in each (spec 1.2, 2.6).

Gifts that are to be released or claimed, and refunds whose orders have not come. So what happens to him reads and writes no more than it
does of others, however much waits. In his record a stand-in has the place of what such a record has, so that all of it keeps its order. Who
looks at it has it brought back first; as the member is written it is put by anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

from rules.gifts.grant_ids import GrantId
from rules.gifts.waiting import HELD_MS, Claimable, Unreleased
from rules.state import HeldRefund, Member, Seldom
from tables.layout import put_by_key

# How many entries of a member's record are put by in one of their own, once there are so many. With fewer he has more records, and a
# stand-in for each; with more whatever happens to him reads and writes more of them.
TOGETHER: Final = 32
_FORMAT: Final = 1

_Waits = Claimable | Unreleased | HeldRefund
_W = TypeVar("_W", Claimable, Unreleased, HeldRefund)

# Whether what is put by is to be brought back: its stand-in, and its record.
Wanted = Callable[[_Waits, bytes], bool]


class _Head(msgspec.Struct, array_like=True, gc=False):
    """By what a record is found. `ordinals`: by version (ref), the first and the last of those gifts that have one. Of refunds,
    the ids that they wait for, a line each.
    """

    ordinals: dict[int, tuple[int, int]] = {}
    wait_for: str = ""


_encode: Final = msgspec.msgpack.Encoder().encode
# A record: its format, its head, and what waits, which is mostly left as it is.
_decode: Final = msgspec.msgpack.Decoder(tuple[int, _Head, Raw]).decode
_claimable: Final = msgspec.msgpack.Decoder(list[Claimable]).decode
_unreleased: Final = msgspec.msgpack.Decoder(list[Unreleased]).decode
_held: Final = msgspec.msgpack.Decoder(list[HeldRefund]).decode


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
        rest, found = member.seldom, dict[int, bytes]()
        for waits in _all(rest):
            if waits.number:
                record = self.records[put_by_key(member_id, waits.number)]
                if wanted is None or wanted(waits, record):
                    found[waits.number] = record
        if not found:
            return 0
        self._brought_back.setdefault(member_id, set()).update(found)
        rest.claimable = list(_with(rest.claimable, found, _claimable))
        rest.unreleased = list(_with(rest.unreleased, found, _unreleased))
        rest.held = list(_with(rest.held, found, _held))
        return sum(map(len, found.values()))

    def forget(self, member_id: str, member: Member) -> None:
        """All of it is the member's no longer."""
        if numbers := _numbers(member.seldom):
            self._brought_back.setdefault(member_id, set()).update(numbers)

    def owes(self, member_id: str, member: Member) -> bool:
        """Whether there may be something to `put_by` of a member who is written."""
        if member_id in self._brought_back:
            return True
        rest = member.rest
        return not isinstance(rest, Raw) and max(len(rest.claimable), len(rest.unreleased), len(rest.held)) >= TOGETHER

    def put_by(self, member_id: str, member: Member) -> list[tuple[bytes, bytes | None]]:
        """Puts by what the member has too much of; the records that are written for it by their keys, None for one that is gone.

        It is never undone: until then what was brought back stands as it was.
        """
        rest, written = member.seldom, list[tuple[bytes, bytes | None]]()
        before, last = self._brought_back.pop(member_id, set()), max(_numbers(rest), default=0)

        def put(some: Sequence[_Waits]) -> int:
            nonlocal last
            last += 1
            key, record = put_by_key(member_id, last), _encode((_FORMAT, _head(some), some))
            self.records[key] = record
            written.append((key, record))
            return last

        rest.claimable = _put_by(rest.claimable, put)
        rest.unreleased = _put_by(rest.unreleased, put)
        rest.held = _put_by(rest.held, put)
        for number in before.difference(_numbers(rest)):
            key = put_by_key(member_id, number)
            if self.records.pop(key, None) is not None:
                written.append((key, None))
        return written


def _all(rest: Seldom) -> Iterator[_Waits]:
    yield from rest.claimable
    yield from rest.unreleased
    yield from rest.held


def _numbers(rest: Seldom) -> list[int]:
    """Of the records of a member."""
    return [waits.number for waits in _all(rest) if waits.number]


def _with(waiting: Sequence[_W], found: dict[int, bytes], decode: Callable[[bytes], list[_W]]) -> Iterator[_W]:
    """What waits, with what these records have in its place."""
    for waits in waiting:
        record = found.get(waits.number)
        if record is None:
            yield waits
        else:
            yield from decode(_decode(record)[2])


def _put_by(waiting: Sequence[_W], put: Callable[[Sequence[_W]], int]) -> list[_W]:
    """What is left of it in the member's record, with the stand-ins of what was `put` by."""
    kept: list[_W] = []
    loose: list[_W] = []
    for waits in waiting:
        if not waits.number and waits.next_ms != HELD_MS:
            loose.append(waits)
            continue
        # Of what was brought back from before others nothing is left with the member; what is held is, as it may stand again any time.
        _put_some(loose, kept, put, 1 if waits.number else TOGETHER)
        kept.append(waits)
    # What came last stays with him, until it is much.
    _put_some(loose, kept, put, TOGETHER)
    return kept


def _put_some(loose: list[_W], kept: list[_W], put: Callable[[Sequence[_W]], int], least: int) -> None:
    """Puts by what is loose, `least` at a time at least; the rest is kept."""
    while len(loose) >= least and loose:
        some = loose[:TOGETHER]
        del loose[:TOGETHER]
        kept.append(some[0].stand_in(put(some), some))
    kept += loose
    loose.clear()


def _head(some: Sequence[_Waits]) -> _Head:
    head = _Head()
    for waits in some:
        if isinstance(waits, HeldRefund):
            head.wait_for += f"{waits.order_id}\n"
        elif not waits.label:
            first, last = head.ordinals.get(waits.ref, (waits.first, waits.last))
            head.ordinals[waits.ref] = (min(first, waits.first), max(last, waits.last))
    return head


def of_grant(grant: GrantId, refs: Sequence[int]) -> Wanted:
    """What may have gifts of a grant. `refs`: the versions of its activity."""
    label = grant.label.encode()

    def wanted(waits: _Waits, record: bytes) -> bool:
        if isinstance(waits, HeldRefund):
            return False
        if not grant.ordinal:
            # No label is a number.
            return label in record
        ordinals = _decode(record)[1].ordinals
        return any(ref in ordinals and ordinals[ref][0] <= grant.ordinal <= ordinals[ref][1] for ref in refs)

    return wanted


def that_wait_for(ids: Sequence[str]) -> Wanted:
    """What has refunds that wait for an order, or points, with one of these ids."""
    return lambda waits, record: isinstance(waits, HeldRefund) and any(each in _decode(record)[1].wait_for for each in ids)


def that_are_held(waits: _Waits, _: bytes) -> bool:
    """What has refunds."""
    return isinstance(waits, HeldRefund)


def due_by(due_ms: int) -> Wanted:
    """What has something that is due by then (epoch ms): to be released, to be forgotten, or to be given up."""
    return lambda waits, _: waits.next_ms <= due_ms
