"""Wallets of members who were merged, or deleted (spec 1.7, 4.2)."""

from __future__ import annotations

import pytest
import redis as plain

from devtools.redis import Redis
from rules.gifts.granted import Coupons, Granted, Left, Points
from sinks.sink import Taken
from sinks.wallet.wallet import Balance, Wallet
from tests.sinks.wallet.test_wallet import credit, run_on

pytestmark = pytest.mark.redis

MARCH = "2026-03-08T23:59:59+00:00"


def test_what_the_wallets_of_all_of_a_members_ids_hold_is_his(redis_server: Redis, prefix: str) -> None:
    async def work(wallet: Wallet) -> None:
        merges = [Left("carl", "bob"), Left("bob", "ann")]
        await wallet.give(
            [credit("a/bob/1", "bob", 5, {"cup": 1}), *merges, Granted("a/carl/1", "carl", (Coupons("cup", 2, MARCH),))]
        )
        # In whatever order, and again.
        assert await wallet.give([*merges, credit("a/ann/1", "ann", 7, {})]) == [Taken.BEFORE, Taken.BEFORE, Taken.NOW]
        assert await wallet.balance("ann") == Balance(12, {"cup": 3}, {("cup", MARCH): 2})

    run_on(redis_server.url, prefix, work)


def test_nothing_is_left_of_who_was_deleted_whatever_is_delivered_late(redis_server: Redis, prefix: str) -> None:
    gift = Granted("a/ann/1", "ann", (Points(5), Coupons("cup")))

    async def work(wallet: Wallet) -> None:
        await wallet.give([gift, Left("bob", "ann"), credit("a/bob/1", "bob", 5, {})])
        assert await wallet.give([Left("ann", None), Left("bob", None), Left("ann", None)]) == [Taken.NOW, Taken.NOW, Taken.BEFORE]
        assert await wallet.give([gift, credit("a/ann/2", "ann", 9, {}), credit("a/bob/2", "bob", 9, {})]) == [Taken.BEFORE] * 3
        assert await wallet.balance("ann") == Balance(0, {})

    run_on(redis_server.url, prefix, work)
    with plain.Redis.from_url(redis_server.url, decode_responses=True) as client:
        left = list(client.scan_iter(f"{prefix}*"))
        assert sorted(left) == [f"{prefix}wallet:{{{who}}}:grants" for who in ("ann", "bob")]
        assert all(0 < client.ttl(key) <= 7 * 24 * 3600 and client.get(key) == "deleted" for key in left)
