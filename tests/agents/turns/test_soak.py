"""Three hundred retention periods of a whole partition, in which orders, refunds, activities and programs come and go.

What definitions take in memory grows with them, since they are kept for good; nothing else does.
"""

from __future__ import annotations

import gc
import random
import sys
from datetime import UTC, datetime, timedelta
from statistics import mean
from types import FunctionType, ModuleType
from typing import Any

import msgspec
import pytest

from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.times import DAY_MS, epoch_ms
from streams.topics import DEAD_LETTERS, GIFTS, LEVELS
from tests.agents.turns.alone import Alone
from tests.folding import SETTINGS
from tests.oracle.examples import order, program, refund, spend, upgrade

Document = dict[str, Any]

LATE_DAYS, REFUND_DAYS = 1, 2
PERIOD_DAYS = LATE_DAYS + REFUND_DAYS
PERIODS = 300
ORDERS_A_DAY = 12
MEMBERS = 20
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
# Periods between two versions of the program, by which all have a level or none.
CHANGED_EVERY = 10


class World:
    """The definitions as they are published, and the documents as they come."""

    def __init__(self) -> None:
        self.chance = random.Random(8)
        self.saved: list[Saved] = []
        self.never = 0
        self._next_id = 0
        self._recent: list[Document] = []
        self._ahead: list[Document] = []

    def publish(self, document: Document, version: int, when: datetime) -> None:
        code = document["code"]
        self.saved.append(Saved(kind=document["kind"], code=code, version=version, saved_at_ms=epoch_ms(when), document=document))

    def begin_period(self, number: int, when: datetime) -> None:
        """Activities of this period alone come, and now and then a version of the program."""
        span: dict[str, Any] = {"starts_at": when.isoformat(), "ends_at": (when + PERIOD_DAYS * DAY).isoformat()}
        self.publish(spend(code=f"spend{number}", **span), 1, when)
        self.publish(upgrade("classic/one", code=f"up{number}", **span), 1, when)
        if number % CHANGED_EVERY == 0:
            turns = number // CHANGED_EVERY
            self.publish(program(1 if turns % 2 else 10**12), 1 + turns, when)

    def documents(self, when: datetime) -> list[Document]:
        """What comes at a time: an order, and what goes with some of them."""
        chance, at = self.chance, when.isoformat()
        member_id = f"m{chance.randrange(MEMBERS)}"
        if self._ahead and chance.random() < 0.5:
            # Its refund waits for it.
            return [self._ahead.pop() | {"placed_at": at}]
        made = order(self._name("o"), at, ("x", 1, chance.randrange(50, 400)), member_id=member_id)
        some = [made]
        lot = chance.random()
        if lot < 0.2 and self._recent:
            back = chance.choice(self._recent)
            amount = back["lines"][0]["amount"] // 2
            some.append(refund(self._name("r"), back["order_id"], at, ("x", 0, amount), member_id=back["member_id"]))
        elif lot < 0.3:
            some = [refund(self._name("r"), made["order_id"], at, ("x", 1, 10), member_id=member_id)]
            self._ahead.append(made)
        elif lot < 0.5:
            # Its order never comes; half of them are of somebody of whom nothing else ever comes.
            self.never += 1
            stranger = self._name("stranger") if lot < 0.4 else member_id
            some.append(refund(self._name("r"), self._name("never"), at, ("x", 1, 10), member_id=stranger))
        elif lot < 0.6:
            some.append(made)
        self._recent = [*self._recent[-ORDERS_A_DAY:], made]
        return some

    @property
    def again(self) -> list[Document]:
        """Orders that came lately, and come a second time."""
        return list(self._recent)

    @property
    def next(self) -> list[Document]:
        """Refunds of them."""
        return [
            refund(f"next{n}", each["order_id"], each["placed_at"], ("x", 1, 10), member_id=each["member_id"])
            for n, each in enumerate(self._recent)
        ]

    def _name(self, kind: str) -> str:
        self._next_id += 1
        return f"{kind}{self._next_id}"


def sizes(alone: Alone) -> dict[str, int]:
    """What is kept, and how much of it."""
    table = alone.shard.table
    records = alone.changelog.values()
    return {
        "members": len(table.members),
        "members' bytes": sum(map(len, table.members.values())),
        "orders' bytes": table.orders.bytes_kept() + table.orders.index_bytes(),
        "who has something due": len(table.timers),
        "live records": len(alone.changelog),
        "live bytes": sum(len(record.value or b"") for record in records),
    }


def memory(root: object) -> int:
    """Bytes of all that an object leads to, but code."""
    seen: set[int] = set()
    found, size = [root], 0
    while found:
        each = found.pop()
        if id(each) in seen or isinstance(each, (type, ModuleType, FunctionType)):
            continue
        seen.add(id(each))
        size += sys.getsizeof(each)
        found += gc.get_referents(each)
    return size


@pytest.mark.slow
def test_nothing_that_a_partition_keeps_grows() -> None:
    world = World()
    settings = msgspec.structs.replace(SETTINGS, late_ms=LATE_DAYS * DAY_MS, refund_ms=REFUND_DAYS * DAY_MS)
    alone = Alone(Rulebook([]), settings, PERIOD_DAYS * DAY_MS)
    kept: list[dict[str, int]] = []
    given: dict[str, int] = dict.fromkeys((GIFTS, LEVELS, DEAD_LETTERS), 0)
    reasons: set[str] = set()
    for number in range(PERIODS):
        when = START + number * PERIOD_DAYS * DAY
        world.begin_period(number, when)
        # Days are kept for rules that are yet to change no longer than for what may still come.
        alone.rulebook = Rulebook(enumerate(world.saved), alone.rulebook, PERIOD_DAYS * DAY_MS, keep_days=PERIOD_DAYS)
        for at in (when + n * DAY / ORDERS_A_DAY for n in range(1, PERIOD_DAYS * ORDERS_A_DAY)):
            for document in world.documents(at):
                alone.append(document, epoch_ms(at))
            if at.hour % 6 == 0:
                alone.settle()
        alone.settle()
        for topic in given:
            given[topic] += len(alone.put_out[topic])
        reasons |= {each["reason"] for each in alone.put_out[DEAD_LETTERS]}
        alone.put_out.clear()
        kept.append(sizes(alone) | ({"memory": memory(alone.shard)}))
    # Everything happened, and happened until the end.
    assert given[GIFTS] > PERIODS and given[LEVELS] >= MEMBERS * (PERIODS // CHANGED_EVERY - 1)
    assert reasons == {"unknown_order"} and given[DEAD_LETTERS] > world.never * 0.95
    third = PERIODS // 3
    middle, last = kept[third : 2 * third], kept[2 * third :]
    for what in kept[0]:
        before, after = (mean(each[what] for each in some) for some in (middle, last))
        assert after <= before * 1.1, f"{what}: {before:.0f} in the middle third, {after:.0f} in the last"
    # And what stands on the changelog is all of it.
    assert alone.recovered().table.members == alone.shard.table.members
