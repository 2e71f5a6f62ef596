"""The delivery: grants on `gifts` into the wallets of their members (spec 4.2).

Redis comes before the commit: a grant whose turn was not committed is applied again, and the wallet knows it. While Redis is down nothing
is let go of and nothing else waits: the partitions stay ours, heartbeats go on, and a rebalance is not held up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, Callable, Sequence
from typing import NamedTuple

import structlog

from agents.fold.incoming import Incoming, dead_letter, header_ms
from agents.metrics import DELIVERED, TURNS, WALLET_UP
from agents.ownership.ownership import Ownership
from agents.turns.committer import Committer, Probe
from agents.turns.shard import Shard
from broker.wire.records import Output
from sinks.wallet.wallet import Credit, Outcome, Wallet, WalletUnavailable
from streams.consumer.turn_consumer import Arrived
from streams.decode import Malformed
from streams.grants import Points, decode_grant
from streams.routing import RECEIVED_HEADER

_log = structlog.get_logger()

_FIRST_RETRY_SECONDS = 0.1
_LAST_RETRY_SECONDS = 5.0
# The code of the dead letters for a grant whose member's keys in Redis hold something else than a wallet.
WALLET_BROKEN = "wallet_broken"


class DeliverySettings(NamedTuple):
    """`turn_grants`: of one partition, applied before they are committed. `grant_bytes`: larger records are bad input."""

    turn_grants: int
    grant_bytes: int


class _Turn(NamedTuple):
    """What is in hand of one partition; a credit for each record that holds a grant."""

    shard: Shard
    records: Sequence[Incoming]
    granted: Sequence[Incoming]
    credits: Sequence[Credit]
    dead_letters: list[Output]


class Delivery:
    """Applies and hands over; one for a worker."""

    def __init__(
        self,
        ownership: Ownership,
        committer: Committer,
        wallet: Wallet,
        settings: DeliverySettings,
        took: Callable[[], None],
        generation: Callable[[], int],
        probe: Probe,
    ) -> None:
        """`took`: tells the consumer that there is room for more. `generation`: of the consumer group, now."""
        self._ownership = ownership
        self._committer = committer
        self._wallet = wallet
        self._settings = settings
        self._took = took
        self._generation = generation
        self._probe = probe
        WALLET_UP.set(1)

    async def run(self, stream: AsyncIterable[Arrived]) -> None:
        """The agent: what has arrived, turn by turn."""
        async for arrived in stream:
            async with self._ownership.turn:
                shards = self._ownership.arrive(arrived)
            while any(shard.busy() for shard in shards):
                if not await self._turn(shards, arrived.generation):
                    break
            self._took()

    async def _turn(self, shards: Sequence[Shard], generation: int) -> bool:
        """One turn of every partition that has something. False when they were taken away meanwhile: others do it again."""
        turns = [self._read(shard) for shard in shards if shard.busy() and shard.may_seal()]
        if not turns:
            await self._committer.idle()
            return self._generation() == generation
        outcomes = await self._apply([credit for turn in turns for credit in turn.credits], generation)
        async with self._ownership.turn:
            # While Redis was asked, the turn was not held, so that a rebalance need not wait for it.
            if outcomes is None or any(self._ownership.shards.get(turn.shard.partition) is not turn.shard for turn in turns):
                return False
            self._bury_refused(turns, outcomes)
            sealed = [turn.shard.seal(len(turn.records), turn.dead_letters) for turn in turns]
            TURNS.inc(len(sealed))
            await self._committer.put(sealed)
        return True

    def _read(self, shard: Shard) -> _Turn:
        """The next grants of a partition. What is none goes to the dead letters."""
        turn = _Turn(shard, shard.waiting(self._settings.turn_grants), [], [], [])
        credits, granted = [], []
        for incoming in turn.records:
            try:
                grant = decode_grant(incoming.record.value, self._settings.grant_bytes)
            except Malformed as malformed:
                turn.dead_letters.append(_dead_letter(shard, incoming, malformed.reason, str(malformed)))
                continue
            points = 0
            coupons: dict[str, int] = {}
            for gift in grant.gifts:
                if isinstance(gift, Points):
                    points += gift.points
                else:
                    coupons[gift.coupon] = coupons.get(gift.coupon, 0) + gift.quantity
            credits.append(Credit(grant.grant_id, grant.member_id, points, coupons))
            granted.append(incoming)
        return turn._replace(credits=credits, granted=granted)

    async def _apply(self, credits: Sequence[Credit], generation: int) -> list[Outcome] | None:
        """What became of each credit, however long Redis is away; None when the partitions were taken away meanwhile."""
        down_since: float | None = None
        pause_seconds = _FIRST_RETRY_SECONDS
        while self._generation() == generation:
            try:
                self._probe("wallet.before")
                outcomes = await self._wallet.apply(credits)
                self._probe("wallet.after")
            except WalletUnavailable as unavailable:
                if down_since is None:
                    down_since = time.monotonic()
                    WALLET_UP.set(0)
                    _log.error("wallet_down", grants_waiting=len(credits), advice=str(unavailable))
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, _LAST_RETRY_SECONDS)
                continue
            if down_since is not None:
                WALLET_UP.set(1)
                _log.warning("wallet_back", seconds=round(time.monotonic() - down_since, 1))
            DELIVERED.inc(outcomes.count(Outcome.APPLIED))
            return outcomes
        return None

    def _bury_refused(self, turns: Sequence[_Turn], outcomes: Sequence[Outcome]) -> None:
        """A grant that its wallet cannot take goes to the dead letters: it must not hold up the others."""
        became = iter(outcomes)
        for turn in turns:
            for incoming, credit in zip(turn.granted, turn.credits, strict=True):
                if next(became) is Outcome.REFUSED:
                    detail = f"the keys of member {credit.member_id!r} in Redis hold something else than a wallet: mend them, then resend"
                    _log.error("wallet_broken", member_id=credit.member_id, grant_id=credit.grant_id)
                    turn.dead_letters.append(_dead_letter(turn.shard, incoming, WALLET_BROKEN, detail))


def _dead_letter(shard: Shard, incoming: Incoming, reason: str, detail: str) -> Output:
    return dead_letter(incoming, shard.partition, header_ms(incoming.record, RECEIVED_HEADER), reason, detail)
