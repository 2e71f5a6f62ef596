"""A member's points and coupons, in Redis (spec 4.2). A grant applied twice is applied once.

Two keys a member, under the prefix, in one hash slot: `wallet:{MEMBER}`, a hash of `points`, `coupon:CODE` and, of coupons that have an
end, `until:CODE/END` (UTC), and
`wallet:{MEMBER}:grants`, what was granted: of each activity the ordinals, as runs without a gap, so that it does not grow with them
(sinks/wallet/apply.lua). Of who was merged there is `wallet:{MEMBER}:ids`, a set: what the wallets of these hold is his as well; of
who was deleted nothing but, for seven days, that he was. One script looks for the id, changes the one and the other, all at once or not at
all. Redis keeps what it is told to: without append-only files it forgets what it was given since its last snapshot, and delivery does not
send it again. `look` says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.gifts.granted import Granted, Left
from sinks import sink
from sinks.redis.advice import Address
from sinks.redis.store import Store
from sinks.sink import Refused, Taken, Tried, untold
from sinks.wallet.script import COUPON, POINTS, SCRIPT, UNTIL, Answer, Memory, arguments, forgets, keys, keys_with_ids, takes

# The reasons of the dead letters for a grant whose member's keys hold something else than a wallet, and for one too many to remember.
BROKEN = "wallet_broken"
FULL = "wallet_full"


class Balance(NamedTuple):
    """What a member has: points, and numbers of coupons by code; of those that have an end, by code and the last second at which they are
    valid.
    """

    points: int
    coupons: dict[str, int]
    until: Mapping[tuple[str, str], int] = {}


class Wallet:
    """The wallets of all members; a Sink of grants. Every method raises SinkDown, or SinkRefusesUs, and can then be called again."""

    by_message = False

    def __init__(self, address: Address, prefix: str, batch: int, memory: Memory) -> None:
        """`batch`: grants sent before an answer is awaited. Nothing is connected yet."""
        self._store = Store(address, "wallet", SCRIPT)
        self._prefix = prefix
        self._batch = batch
        self._memory = memory

    async def look(self) -> None:
        """See Store."""
        await self._store.look()

    async def give(self, items: Sequence[Granted | Left], tried: Tried = untold) -> list[sink.Answer]:
        """Applies each grant that was not applied before, in one round trip for each `batch` of them; and who left."""
        answers: list[sink.Answer] = []
        for start in range(0, len(items), self._batch):
            answers += await self._apply(items[start : start + self._batch])
        return answers

    async def balance(self, member_id: str) -> Balance:
        """What a member has now, under whatever ids; nothing, if nothing was ever granted."""
        held: Counter[str] = Counter()
        left, known = [member_id], {member_id}
        while left:
            wallet, _, others = keys_with_ids(self._prefix, left.pop())
            held.update({field: int(count) for field, count in (await self._store.hash(wallet)).items()})
            more = await self._store.members(others) - known
            left += more
            known |= more
        coupons = {field.removeprefix(COUPON): count for field, count in held.items() if field.startswith(COUPON)}
        until: dict[tuple[str, str], int] = {}
        for field, count in held.items():
            if field.startswith(UNTIL):
                code, _, end = field.removeprefix(UNTIL).partition("/")
                until[code, end] = count
        return Balance(held[POINTS], dict(sorted(coupons.items())), dict(sorted(until.items())))

    async def close(self) -> None:
        """Lets go of Redis."""
        await self._store.close()

    async def _apply(self, items: Sequence[Granted | Left]) -> list[sink.Answer]:
        answers = await self._store.run([self._call(item) for item in items])
        return [
            self._said(Answer(answer), item) if isinstance(item, Granted) else Taken.NOW if answer else Taken.BEFORE
            for answer, item in zip(answers, items, strict=True)
        ]

    def _call(self, item: Granted | Left) -> tuple[Sequence[str], Sequence[str | int]]:
        if isinstance(item, Granted):
            return keys(self._prefix, item.member_id), arguments(item, self._memory)
        if item.into is None:
            return keys_with_ids(self._prefix, item.member_id), forgets()
        return keys_with_ids(self._prefix, item.into), takes(item.member_id)

    def _said(self, answer: Answer, grant: Granted) -> sink.Answer:
        if answer is Answer.APPLIED:
            return Taken.NOW
        if answer is Answer.KNOWN:
            return Taken.BEFORE
        if answer is Answer.REFUSED:
            detail = f"the keys of member {grant.member_id!r} in Redis hold something else than a wallet: mend them, then resend"
            return Refused(BROKEN, detail)
        return Refused(
            FULL,
            f"the wallet of member {grant.member_id!r} remembers grants in more than {self._memory.runs} runs of one activity's "
            f"ordinals, or of {self._memory.fields} activities and levels, or holds coupons of so many ends: raise TIDEMARK_WALLET_RUNS or "
            "TIDEMARK_WALLET_FIELDS, then resend",
        )
