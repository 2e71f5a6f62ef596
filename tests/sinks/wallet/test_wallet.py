"""The wallet on a real Redis: a grant counts once, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest
import redis as plain
from redis.crc import key_slot

from devtools.redis import Redis
from rules.gifts.granted import Coupons, Granted, Points
from sinks.redis.advice import Address
from sinks.sink import Answer, Refused, SinkDown, SinkRefusesUs, Taken
from sinks.wallet.script import Memory
from sinks.wallet.wallet import Balance, Wallet
from tests.services.fixtures import MakeRedis

pytestmark = pytest.mark.redis


def test_a_grant_applied_twice_is_applied_once(redis_server: Redis, prefix: str) -> None:
    async def work(wallet: Wallet) -> None:
        first = credit("a/m/1", "m", 500, {"coffee": 1, "mug": 2})
        second = credit("a/m/2", "m", 0, {"coffee": 3})
        assert await wallet.give([first, second, first]) == [Taken.NOW, Taken.NOW, Taken.BEFORE]
        assert await wallet.give([credit("a/m/1", "m", 9999, {})]) == [Taken.BEFORE]
        assert await wallet.balance("m") == Balance(500, {"coffee": 4, "mug": 2})
        assert await wallet.balance("nobody") == Balance(0, {})

    run_on(redis_server.url, prefix, work)


def test_of_coupons_the_ends_of_their_validity_are_kept(redis_server: Redis, prefix: str) -> None:
    march, april = "2026-03-08T23:59:59+00:00", "2026-04-01T22:59:59+00:00"

    async def work(wallet: Wallet) -> None:
        gifts = (Coupons("mug", 2, march), Coupons("mug", 1, april), Coupons("mug", 3), Points(5))
        assert await wallet.give([Granted("a/m/1", "m", gifts), Granted("a/m/2", "m", gifts[:1])]) == [Taken.NOW] * 2
        assert await wallet.balance("m") == Balance(5, {"mug": 8}, {("mug", march): 4, ("mug", april): 1})

    run_on(redis_server.url, prefix, work)


def test_gifts_of_a_grant_that_are_claimed_one_by_one_are_each_given_once(redis_server: Redis, prefix: str) -> None:
    async def work(wallet: Wallet) -> None:
        with_it, claimed = Granted("a/m/1", "m", (Points(5),)), [Granted("a/m/1", "m", (Points(7),), gift) for gift in (2, 3)]
        assert await wallet.give([claimed[1], with_it, claimed[0]]) == [Taken.NOW] * 3
        assert await wallet.give([with_it, *claimed]) == [Taken.BEFORE] * 3
        assert (await wallet.balance("m")).points == 19

    run_on(redis_server.url, prefix, work)


def test_coupons_of_more_ends_than_the_limit_are_refused_and_those_that_are_known_are_not(redis_server: Redis, prefix: str) -> None:
    def until(number: int, day: int) -> Granted:
        return Granted(f"a/m/{number}", "m", (Coupons("mug", 1, f"2026-01-01T00:00:{day:02d}+00:00"),))

    async def work(wallet: Wallet) -> None:
        # With `coupon:mug` as many fields as there may be.
        assert await wallet.give([until(number, number) for number in range(1, 100)]) == [Taken.NOW] * 99
        (refused, known) = await wallet.give([until(100, 100), until(101, 5)])
        assert isinstance(refused, Refused) and refused.reason == "wallet_full" and known is Taken.NOW
        assert (await wallet.balance("m")).coupons == {"mug": 100}

    run_on(redis_server.url, prefix, work)


def test_many_clients_that_apply_the_same_grants_at_once_apply_each_once(redis_server: Redis, prefix: str) -> None:
    credits = [credit(f"a/m{number % 5}/{number}", f"m{number % 5}", 1, {"coffee": 1}) for number in range(200)]

    async def work() -> list[list[Answer]]:
        wallets = [_wallet(redis_server.url, prefix, batch=7) for _ in range(12)]
        try:
            orders = [credits[start:] + credits[:start] for start in range(0, 120, 10)]
            return await asyncio.gather(*(wallet.give(order) for wallet, order in zip(wallets, orders, strict=True)))
        finally:
            for wallet in wallets:
                await wallet.close()

    outcomes = asyncio.run(work())
    assert sum(each.count(Taken.NOW) for each in outcomes) == 200
    assert sum(each.count(Taken.BEFORE) for each in outcomes) == 11 * 200

    async def check(wallet: Wallet) -> None:
        for number in range(5):
            assert await wallet.balance(f"m{number}") == Balance(40, {"coffee": 40})

    run_on(redis_server.url, prefix, check)


def test_the_largest_gifts_are_counted_exactly(redis_server: Redis, prefix: str) -> None:
    async def work(wallet: Wallet) -> None:
        assert await wallet.give([credit(f"a/m/{number}", "m", 2**53, {}) for number in range(3)]) == [Taken.NOW] * 3
        assert (await wallet.balance("m")).points == 3 * 2**53
        assert await wallet.give([credit("a/m/9", "m", 1, {})]) == [Taken.NOW]
        assert (await wallet.balance("m")).points == 3 * 2**53 + 1

    run_on(redis_server.url, prefix, work)


def test_a_member_whose_keys_hold_something_else_is_refused_and_left_alone(redis_server: Redis, prefix: str) -> None:
    with plain.Redis.from_url(redis_server.url, decode_responses=True) as client:
        client.set(f"{prefix}wallet:{{text}}", "hello")
        client.set(f"{prefix}wallet:{{ids}}:grants", "hello")
        client.hset(f"{prefix}wallet:{{field}}", mapping={"points": "3", "coupon:mug": "many"})
        client.hset(f"{prefix}wallet:{{huge}}", "points", "9" * 19)

        async def work(wallet: Wallet) -> None:
            credits = [credit(f"a/{member}/1", member, 5, {"mug": 1}) for member in ("text", "ids", "field", "huge", "good")]
            *refused, good = await wallet.give(credits)
            assert good is Taken.NOW
            for answer, grant in zip(refused, credits, strict=False):
                assert isinstance(answer, Refused) and answer.reason == "wallet_broken" and grant.member_id in answer.detail

        run_on(redis_server.url, prefix, work)
        assert client.hgetall(f"{prefix}wallet:{{field}}") == {"points": "3", "coupon:mug": "many"}
        assert not client.exists(f"{prefix}wallet:{{field}}:grants", f"{prefix}wallet:{{text}}:grants", f"{prefix}wallet:{{ids}}")


def test_members_of_any_name_have_wallets_of_their_own_on_a_cluster(make_redis: MakeRedis, prefix: str) -> None:
    server = make_redis(append_only=True)
    server.start()
    members = ["a", "{a}", "a}", "}", "{", "%7D", "a b", "é", "a:grants", "a}:grants"]

    async def work(wallet: Wallet) -> None:
        assert await wallet.give([credit(f"x/{m}/1", m, n, {}) for n, m in enumerate(members, 1)]) == [Taken.NOW] * len(members)
        assert [(await wallet.balance(member)).points for member in members] == list(range(1, len(members) + 1))

    run_on(server.url, prefix, work)
    # A cluster refuses a script whose keys are in two slots: the tags decide, and are the same for both keys of a member.
    with plain.Redis.from_url(server.url, decode_responses=True) as client:
        keys = {key for key in client.scan_iter() if not key.endswith("}:grants")}
        assert len(keys) == len(members)
        assert all(key_slot(key.encode()) == key_slot(f"{key}:grants".encode()) for key in keys)


def test_a_turn_takes_a_round_trip_for_each_batch(redis_server: Redis, prefix: str) -> None:
    with plain.Redis.from_url(redis_server.url) as client:
        before = client.info("stats")["total_reads_processed"]

        async def work(wallet: Wallet) -> None:
            await wallet.give([credit(f"a/m{number}/1", f"m{number}", 1, {}) for number in range(1000)])

        run_on(redis_server.url, prefix, work)
        reads = client.info("stats")["total_reads_processed"] - before
    # Ten batches, each of some 30 KiB that may come in more reads than one; one by one it would be a thousand.
    assert reads < 100


def test_what_to_do_is_said_when_redis_is_not_there_or_does_not_let_us_in(make_redis: MakeRedis, prefix: str) -> None:
    server = make_redis()
    server.start()

    async def refused(wallet: Wallet) -> None:
        with pytest.raises(SinkRefusesUs, match="TIDEMARK_REDIS_PASSWORD") as caught:
            await wallet.look()
        assert "wrong-one" not in str(caught.value)
        with pytest.raises(SinkRefusesUs):
            await wallet.give([credit("a/m/1", "m", 1, {})])

    async def let_in(wallet: Wallet) -> None:
        await wallet.look()
        assert len(await wallet.give([credit("a/m/1", "m", 1, {})])) == 1

    async def gone(wallet: Wallet) -> None:
        await wallet.look()
        with pytest.raises(SinkDown, match=r"does not answer.*TIDEMARK_REDIS_URL"):
            await wallet.give([credit("a/m/1", "m", 1, {})])

    with plain.Redis.from_url(server.url) as client:
        client.config_set("requirepass", "right-one")
    run_on(server.url, prefix, refused)
    run_on(server.url.replace("//", "//:wrong-one@"), prefix, refused)
    run_on(server.url.replace("//", "//:right-one@"), prefix, let_in)
    run_on(server.url, prefix, let_in, password="right-one")
    server.kill()
    run_on(server.url, prefix, gone)


def test_a_restarted_redis_is_found_again(make_redis: MakeRedis, prefix: str) -> None:
    server = make_redis(append_only=True)
    server.start()

    async def work(wallet: Wallet) -> None:
        assert await wallet.give([credit("a/m/1", "m", 1, {})]) == [Taken.NOW]
        server.kill()
        server.start()
        for _ in range(2):
            try:
                outcomes = await wallet.give([credit("a/m/1", "m", 1, {}), credit("a/m/2", "m", 1, {})])
            except SinkDown:
                continue
            assert outcomes == [Taken.BEFORE, Taken.NOW]
            return
        raise AssertionError("not found again")

    run_on(server.url, prefix, work)


def credit(grant_id: str, member_id: str, points: int, coupons: Mapping[str, int]) -> Granted:
    """A grant of points, and of numbers of coupons."""
    gifts = [Points(points)] if points else []
    return Granted(grant_id, member_id, (*gifts, *(Coupons(code, count) for code, count in coupons.items())))


def _wallet(url: str, prefix: str, batch: int = 100, password: str | None = None) -> Wallet:
    return Wallet(Address(url, None, password, timeout_seconds=5.0), prefix, batch, Memory(runs=100, fields=100))


def run_on(url: str, prefix: str, work: Callable[[Wallet], Awaitable[None]], password: str | None = None) -> None:
    """Does the work with a wallet on that Redis."""

    async def run() -> None:
        wallet = _wallet(url, prefix, password=password)
        try:
            await work(wallet)
        finally:
            await wallet.close()

    asyncio.run(run())
