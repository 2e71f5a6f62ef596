"""What a wallet remembers of grants: as exact as a set of their ids, and bounded (spec 2.4, 4.2), on a real Redis."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from devtools.redis import Redis
from rules.gifts.granted import Coupons, Granted, Points
from rules.happened import grants_of
from sinks.wallet.script import SCRIPT, Answer, Memory, arguments, keys
from tests.thorough import examples

pytestmark = pytest.mark.redis

MEMBER = "m/1%"
PLENTY = Memory(runs=10_000, fields=10_000)

_OWN = grants_of("spring", MEMBER)
# All forms of spec 2.4 and 3.8, numbers that are not written as we do, and such as a double does not hold.
PREFIXES = [_OWN, f"{_OWN}classic/gold/", f"{_OWN}test/", "classic/gold/welcome/", "x/"]
ENDS = st.integers(1, 12).map(str) | st.sampled_from(
    [
        "0",
        "01",
        "1=",
        "=",
        "",
        "1-2",
        "-1",
        "1.0",
        "1e3",
        "once",
        "2011-03",
        "2011-W10",
        "9" * 15,
        "9" * 16,
        "1" + "0" * 15,
        "9" * 40,
    ]
)
IDS = st.tuples(st.sampled_from(PREFIXES), ENDS).map("".join)


class Remembered:
    """One member's wallet, and what is asked of it."""

    def __init__(self, client: Any, prefix: str) -> None:
        self.client = client
        self.wallet, self.granted = keys(prefix, MEMBER)
        self.script = client.register_script(SCRIPT)

    def clear(self) -> None:
        self.client.delete(self.wallet, self.granted)

    def apply(self, grant_id: str, memory: Memory = PLENTY) -> Answer:
        granted = Granted(grant_id, MEMBER, (Points(7), Coupons("mug", 2)))
        return Answer(self.script([self.wallet, self.granted], arguments(granted, memory)))

    def as_before(self, grant_ids: Iterable[str]) -> None:
        """As the release before wrote it: the ids in a set."""
        distinct = set(grant_ids)
        if distinct:
            self.client.sadd(self.granted, *distinct)
            self.client.hset(self.wallet, mapping={"points": 7 * len(distinct), "coupon:mug": 2 * len(distinct)})

    def balance(self) -> tuple[int, int]:
        held = self.client.hgetall(self.wallet)
        return int(held.get("points", 0)), int(held.get("coupon:mug", 0))

    def fields(self) -> dict[str, str]:
        held: dict[str, str] = self.client.hgetall(self.granted)
        return held


@pytest.fixture(scope="module")
def remembered(redis_server: Redis) -> Iterator[Remembered]:
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        made = Remembered(client, "memory.")
        yield made
        made.clear()


@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(IDS, max_size=30), ids=st.lists(IDS, max_size=60))
def test_in_any_order_with_repeats_and_gaps_it_remembers_what_a_set_would(
    remembered: Remembered, before: list[str], ids: list[str]
) -> None:
    remembered.clear()
    remembered.as_before(before)
    plain = set(before)
    for grant_id in ids:
        assert remembered.apply(grant_id) is (Answer.KNOWN if grant_id in plain else Answer.APPLIED)
        plain.add(grant_id)
    assert remembered.balance() == (7 * len(plain), 2 * len(plain))
    # And all of it is still known.
    assert all(remembered.apply(grant_id) is Answer.KNOWN for grant_id in plain)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ordinals=st.permutations(range(1, 41)), left_out=st.sets(st.integers(1, 40), max_size=8))
def test_runs_are_as_many_as_there_are_gaps(remembered: Remembered, ordinals: list[int], left_out: set[int]) -> None:
    remembered.clear()
    for ordinal in ordinals:
        if ordinal not in left_out:
            assert remembered.apply(f"{_OWN}{ordinal}") is Answer.APPLIED
    given_ = sorted(set(range(1, 41)) - left_out)
    first = [n for n in given_ if n - 1 not in given_]
    last = [n for n in given_ if n + 1 not in given_]
    assert remembered.fields() == {_OWN: ",".join(f"{a}-{b}" for a, b in zip(first, last, strict=True))}


def test_it_does_not_grow_with_the_ordinals(remembered: Remembered) -> None:
    remembered.clear()
    for ordinal in range(1, 2001):
        remembered.apply(f"{_OWN}{ordinal}")
        remembered.apply(f"{_OWN}classic/gold/{ordinal}")
    assert remembered.fields() == {_OWN: "1-2000", f"{_OWN}classic/gold/": "1-2000"}


def test_a_wallet_of_the_release_before_is_taken_over_at_its_next_grant_and_nothing_is_given_twice(remembered: Remembered) -> None:
    remembered.clear()
    given_ = [f"{_OWN}{n}" for n in range(1, 301) if n != 77] + [f"{_OWN}classic/gold", f"{_OWN}classic/gold/2", "other/x/once"]
    random.Random(5).shuffle(given_)
    remembered.as_before(given_)
    # What is known changes nothing, and is not written again.
    assert remembered.apply(given_[0]) is Answer.KNOWN
    assert remembered.client.type(remembered.granted) == "set"
    assert remembered.apply(f"{_OWN}301") is Answer.APPLIED
    assert remembered.fields() == {
        _OWN: "1-76,78-301", f"{_OWN}classic/gold=": "1-1", f"{_OWN}classic/gold/": "2-2", "other/x/once=": "1-1",
    }  # fmt: skip
    assert all(remembered.apply(grant_id) is Answer.KNOWN for grant_id in given_)
    assert remembered.apply(f"{_OWN}77") is Answer.APPLIED
    assert remembered.balance() == (7 * 304, 2 * 304)
    # The release before, whose set this was, refuses it rather than give again: it asks a set.
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        remembered.client.sismember(remembered.granted, given_[0])


def test_what_is_too_much_to_remember_is_refused_and_nothing_is_changed(remembered: Remembered) -> None:
    remembered.clear()
    few = Memory(runs=3, fields=2)
    for ordinal in (1, 3, 5):
        assert remembered.apply(f"{_OWN}{ordinal}", few) is Answer.APPLIED
    assert remembered.apply("other/m/once", few) is Answer.APPLIED
    before = remembered.fields(), remembered.balance()
    assert remembered.apply(f"{_OWN}7", few) is Answer.FULL
    assert remembered.apply("third/m/1", few) is Answer.FULL
    assert remembered.apply(f"{_OWN}3", few) is Answer.KNOWN
    assert (remembered.fields(), remembered.balance()) == before
    # What closes a gap, or goes on where a run ends, is no more to remember.
    assert remembered.apply(f"{_OWN}2", few) is Answer.APPLIED
    assert remembered.apply(f"{_OWN}6", few) is Answer.APPLIED
    # With more room it is taken.
    assert remembered.apply("third/m/1", Memory(runs=3, fields=3)) is Answer.APPLIED
    assert remembered.fields()[_OWN] == "1-3,5-6"


@pytest.mark.parametrize("text", ["", "junk", "1-2,", "1-2;4-5", ",1-2", "1", "1-", "1-2 ", "1-x"])
def test_a_memory_that_is_none_of_ours_is_refused_and_left_alone(remembered: Remembered, text: str) -> None:
    remembered.clear()
    remembered.client.hset(remembered.granted, _OWN, text)
    assert remembered.apply(f"{_OWN}9") is (Answer.APPLIED if text == "" else Answer.REFUSED)
    if text:
        assert remembered.fields() == {_OWN: text} and remembered.balance() == (0, 0)
