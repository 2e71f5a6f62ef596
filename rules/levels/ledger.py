"""What a program may come to judge by and does not now, by local day, for rules that change (spec 3.6).

By history the sum says all, so here is what it is made of; elsewhere, what does not count by the rules of now: imported orders, and what is
of before `active_from`. Kept as bytes that are appended to, and read only where a rule or an order of before changes: for each document two
numbers as msgpack has them, its day and what it is, and what it counts. Of an order that counts, the first is two bytes instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from struct import Struct
from typing import Final, NamedTuple

import msgspec

# Days are counted from 1 January 2024, so that those of a dozen years take three bytes at most with what they are.
_FROM_DAY: Final = 738_886
# What is known of a day's document: that it is none of an order's, that it was imported, that it does not count now.
NO_ORDER, IMPORTED, NOT_COUNTED = 1, 2, 4
_SHIFT, _FLAGS = 3, 7
# So begins the head of an order that counts, which no number does: the day follows, in 13 bits. Those of 22 years have room in it.
_PLAIN, _PLAIN_MASK, _PLAIN_DAYS = 0xA0, 0xE0, 1 << 13
# Of one day, no level hangs on more orders than this.
ORDERS_OF_A_DAY: Final = 8
# The day of what is so long ago that its days are not kept.
LONG_AGO: Final = 1
# How an integer goes on that begins with this byte.
_INTEGERS: Final = dict(zip(range(0xCC, 0xD4), map(Struct, (">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q")), strict=True))

# A number, and entries: of each the head of its day, and what the document counts. Looked for by bytes, as whoever buys much has thousands.
_NUMBER: Final = rb"(?:[\x00-\x7f\xe0-\xff]|[\xcc\xd0].|[\xcd\xd1].{2}|[\xce\xd2].{4}|[\xcf\xd3].{8})"
_ENTRIES: Final = re.compile(rb"(?:(?:[\xa0-\xbf].|" + _NUMBER + rb")" + _NUMBER + rb")*+", re.DOTALL)
encode_number: Final[Callable[[int], bytes]] = msgspec.msgpack.Encoder().encode


class Noted(NamedTuple):
    """A document, or what is left of several: its local day, what it counts, and `flags` of what it is."""

    day: int
    amount: int
    flags: int = 0

    @property
    def of_order(self) -> bool:
        """Whether it is an order, or points."""
        return not self.flags & NO_ORDER

    @property
    def counts(self) -> bool:
        """Whether it counts by the rules of now."""
        return not self.flags & NOT_COUNTED


def head_of(day: int, flags: int) -> bytes:
    """How the entry of a day's document begins."""
    day -= _FROM_DAY
    if not flags and 0 <= day < _PLAIN_DAYS:
        return bytes((_PLAIN + (day >> 8), day & 0xFF))
    return encode_number((day << _SHIFT) + flags)


def noted_in(ledger: bytes) -> list[Noted]:
    """All that a ledger has, in its order."""
    numbers = _numbers(ledger)
    return [_noted(what, amount) for what, amount in zip(numbers[::2], numbers[1::2], strict=True)]


def ledger_of(noted: Iterable[Noted]) -> bytes:
    """The ledger that has these."""
    return b"".join(head_of(day, flags) + encode_number(amount) for day, amount, flags in noted)


def changed(ledger: bytes, day: int, before: int, now: int, *, imported: bool, counts: bool) -> tuple[bytes, bool] | None:
    """Has an order of a day count another amount: the ledger then, and whether the order counts by the rules of now, for which `counts` is
    what is asked for if there is one. None where none fits.
    """
    was = encode_number(before)
    for counting in (counts, not counts):
        flags = (IMPORTED if imported else 0) | (0 if counting else NOT_COUNTED)
        heads = {head_of(day, flags), encode_number((day - _FROM_DAY << _SHIFT) + flags)}
        places = [(at, at + len(head)) for head in heads if (at := _place(ledger, head + was)) >= 0]
        if places:
            amount_at = min(places)[1]
            return ledger[:amount_at] + encode_number(now) + ledger[amount_at + len(was) :], counting
    return None


def _place(ledger: bytes, entry: bytes) -> int:
    """Where an entry first stands; -1: nowhere. What looks like it may begin in the middle of another."""
    at = ledger.find(entry)
    while at >= 0 and _ENTRIES.fullmatch(ledger, 0, at) is None:
        at = ledger.find(entry, at + 1)
    return at


def tidied(ledger: bytes, first_day: int) -> bytes:
    """The same in less: what is before that day as one sum, and of each day the largest orders and one sum for the rest."""
    orders: dict[int, list[int]] = {}
    sums: dict[int, int] = {}
    first = first_day - _FROM_DAY << _SHIFT
    numbers = _numbers(ledger)
    for what, amount in zip(numbers[::2], numbers[1::2], strict=True):
        if what >= first and not what & NO_ORDER:
            orders.setdefault(what, []).append(amount)
        else:
            what = (what if what >= first else (LONG_AGO - _FROM_DAY << _SHIFT) + (what & _FLAGS)) | NO_ORDER
            sums[what] = sums.get(what, 0) + amount
    found = [_noted(what, total) for what, total in sums.items()]
    for what, amounts in orders.items():
        largest = sorted(amounts)[-ORDERS_OF_A_DAY:]
        found += [_noted(what, amount) for amount in largest]
        if len(amounts) > len(largest):
            found.append(_noted(what | NO_ORDER, sum(amounts) - sum(largest)))
    return ledger_of(sorted(found))


def _noted(what: int, amount: int) -> Noted:
    """An entry of these two numbers."""
    return Noted((what >> _SHIFT) + _FROM_DAY, amount, what & _FLAGS)


def _numbers(ledger: bytes) -> list[int]:
    """The two numbers of each entry, in turn; of an order that counts, the first as it would be without its own form."""
    found: list[int] = []
    at = 0
    while at < len(ledger):
        head = ledger[at]
        at += 1
        if head & _PLAIN_MASK == _PLAIN:
            found.append((head - _PLAIN << 8) + ledger[at] << _SHIFT)
            at += 1
        elif head in _INTEGERS:
            integer = _INTEGERS[head]
            found += integer.unpack_from(ledger, at)
            at += integer.size
        else:
            # It is the number itself, from -32 to 127.
            found.append(head if head < 0x80 else head - 0x100)
    return found
