"""A member's points and coupons, in Redis (spec 4.2). A grant applied twice is applied once.

Two keys a member, under the prefix, in one hash slot: `wallet:{MEMBER}`, a hash of `points` and `coupon:CODE`, and
`wallet:{MEMBER}:grants`, the set of the ids of the grants applied. One script looks for the id, changes the hash and remembers
the id, all at once or not at all. Redis keeps what it is told to: without append-only files it forgets what it was given since
its last snapshot, and delivery does not send it again. `look` says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import redis.exceptions as redis_errors
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from sinks.wallet.advice import Address, advice, unkept

_log = structlog.get_logger()

# Whatever could fail is looked at before the first write, for a script that fails in the middle is not undone. Sums of 18 digits and
# what one grant can add stay within the 64 bits that Redis adds in.
_APPLY = """
local known = redis.pcall('SISMEMBER', KEYS[2], ARGV[1])
if type(known) == 'table' then return -1 end
if known == 1 then return 0 end
for i = 2, #ARGV, 2 do
  local held = redis.pcall('HGET', KEYS[1], ARGV[i])
  if type(held) == 'table' then return -1 end
  if held and (#held > 18 or not string.find(held, '^%d+$')) then return -1 end
end
redis.call('SADD', KEYS[2], ARGV[1])
for i = 2, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
end
return 1
"""
_APPLY_SHA = hashlib.sha1(_APPLY.encode(), usedforsecurity=False).hexdigest()

_POINTS = "points"
_COUPON = "coupon:"


class Credit(NamedTuple):
    """What a grant adds to its member's wallet: points, and numbers of coupons by code."""

    grant_id: str
    member_id: str
    points: int
    coupons: Mapping[str, int]


class Outcome(IntEnum):
    """What became of a credit. REFUSED: the member's keys hold what no wallet holds, and are left alone."""

    REFUSED = -1
    KNOWN = 0
    APPLIED = 1


class Balance(NamedTuple):
    """What a member has: points, and numbers of coupons by code."""

    points: int
    coupons: dict[str, int]


class WalletUnavailable(Exception):
    """Redis does not answer, or cannot write now; the message says what to do. What was asked may have been done."""


class WalletRefused(WalletUnavailable):
    """Redis does not let us in; the message says what to do."""


class Wallet:
    """The wallets of all members. Every method raises WalletUnavailable, or WalletRefused, and can then be called again."""

    def __init__(self, address: Address, prefix: str, batch: int) -> None:
        """`batch`: grants sent before an answer is awaited. Nothing is connected yet."""
        self._address = address
        self._prefix = prefix
        self._batch = batch
        self._redis = Redis.from_url(
            address.url,
            decode_responses=True,
            socket_timeout=address.timeout_seconds,
            socket_connect_timeout=address.timeout_seconds,
            # Whoever calls has its own patience, and says so once.
            retry=Retry(NoBackoff(), 0),
            **address.login(),
        )

    async def look(self) -> None:
        """Whether Redis lets us in, and keeps what it is given; the latter is only logged, and so is a Redis that does not answer.

        Raises WalletRefused.
        """
        try:
            await self._redis.ping()
            for warning in await unkept(self._redis):
                _log.warning("wallet_not_durable", redis=self._address.shown(), advice=warning)
        except redis_errors.RedisError as error:
            failure = self._failure(error)
            if isinstance(failure, WalletRefused):
                raise failure from error
            _log.error("wallet_not_there", advice=str(failure))

    async def apply(self, credits: Sequence[Credit]) -> list[Outcome]:
        """Applies each grant that was not applied before, in one round trip for each `batch` of them; what became of each."""
        outcomes: list[Outcome] = []
        for start in range(0, len(credits), self._batch):
            outcomes += await self._apply(credits[start : start + self._batch])
        return outcomes

    async def balance(self, member_id: str) -> Balance:
        """What a member has now; nothing, if nothing was ever granted."""
        wallet, _ = self._keys(member_id)
        try:
            held: dict[str, str] = await self._redis.hgetall(wallet)  # type: ignore[assignment]
        except redis_errors.RedisError as error:
            raise self._failure(error) from error
        coupons = {field.removeprefix(_COUPON): int(count) for field, count in held.items() if field.startswith(_COUPON)}
        return Balance(int(held.get(_POINTS, 0)), dict(sorted(coupons.items())))

    async def close(self) -> None:
        """Lets go of Redis."""
        await self._redis.aclose()

    async def _apply(self, credits: Sequence[Credit]) -> list[Outcome]:
        pipeline = self._redis.pipeline(transaction=False)
        # A Redis that was restarted or failed over knows no script; asking it first would be one more round trip.
        pipeline.execute_command("SCRIPT", "LOAD", _APPLY)
        for credit in credits:
            pipeline.execute_command("EVALSHA", _APPLY_SHA, 2, *self._keys(credit.member_id), credit.grant_id, *_amounts(credit))
        try:
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        except redis_errors.RedisError as error:
            raise self._failure(error) from error
        for answer in answers:
            if isinstance(answer, redis_errors.RedisError):
                raise self._failure(answer) from answer
        return [Outcome(answer) for answer in answers[1:]]

    def _keys(self, member_id: str) -> tuple[str, str]:
        """The member's keys. A brace in an id would end the hash tag early."""
        wallet = f"{self._prefix}wallet:{{{member_id.replace('%', '%25').replace('}', '%7D')}}}"
        return wallet, f"{wallet}:grants"

    def _failure(self, error: redis_errors.RedisError) -> WalletUnavailable:
        lets_in, message = advice(error, self._address)
        return WalletUnavailable(message) if lets_in else WalletRefused(message)


def _amounts(credit: Credit) -> list[str | int]:
    """The fields of the wallet and what to add to each, in turn."""
    amounts: list[str | int] = [_POINTS, credit.points] if credit.points else []
    for code, count in credit.coupons.items():
        amounts += (_COUPON + code, count)
    return amounts
