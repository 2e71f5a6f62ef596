"""A changed program reaches members to whom nothing comes (spec 3.5, 3.6)."""

from __future__ import annotations

import json
from typing import Any

from agents.turns.shard import Sealed, Shard
from broker.client.fetch import Fetched
from broker.client.produce import Identity
from broker.wire.records import Record
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from streams.routing import partition_of
from streams.topics import LEVELS, POS_ORDERS
from tables.commit_log import CommitLog
from tables.member.record import decode_member
from tables.partition import PartitionTable
from tests.entries import read_back
from tidemark.settings.settings import Settings

NOW_MS = 1_767_225_600_000
SETTINGS = Settings(partitions=1).folding(documents_clock=False)


def program(*, gold: bool) -> dict[str, object]:
    levels = [
        {"code": "silver", "name": "Silver", "threshold": 100},
        {"code": "gold", "name": "Gold", "threshold": 500, "enabled": gold},
    ]
    return {"kind": "program", "code": "classic", "name": "Classic", "currency": "GBP", "levels": levels}


def saved(version: int, document: dict[str, object]) -> tuple[int, Saved]:
    return version, Saved(kind="program", code="classic", version=version, saved_at_ms=NOW_MS - 60_000, document=document)


BEFORE = Rulebook([saved(1, program(gold=True))])
AFTER = Rulebook([saved(1, program(gold=True)), saved(2, program(gold=False))])


def order(member_id: str, amount: int) -> bytes:
    return json.dumps(
        {
            "type": "purchase",
            "order_id": f"of-{member_id}",
            "channel": "pos",
            "store_id": "s",
            "placed_at": "2026-01-01T00:00:00+00:00",
            "currency": "GBP",
            "member_id": member_id,
            "lines": [{"sku": "x", "quantity": 1, "amount": amount}],
            "total": amount,
        }
    ).encode()


def shard_with(orders: dict[str, int]) -> Shard:
    """A partition of members who have spent that much, under the first version."""
    assert all(partition_of(member_id, 1) == 0 for member_id in orders)
    shard = Shard(PartitionTable(0, {}, 10**9), CommitLog("", 0, Identity(1, 0), 0), {POS_ORDERS: 0}, {POS_ORDERS: 0})
    raws = [order(member_id, amount) for member_id, amount in orders.items()]
    records = [Record(offset, NOW_MS, None, raw, []) for offset, raw in enumerate(raws)]
    shard.arrive([(POS_ORDERS, Fetched(POS_ORDERS, 0, 0, records, len(records), len(records)))])
    shard.fold(BEFORE, SETTINGS)
    return shard


def changes(sealed: Sealed) -> list[dict[str, Any]]:
    return [json.loads(record.value or b"") for record in read_back(sealed.outputs.get(LEVELS, ()))]


def test_a_disabled_level_lowers_members_to_whom_nothing_comes() -> None:
    shard = shard_with({"ann": 600, "bob": 200})
    sealed = shard.judge_afresh(AFTER, SETTINGS, NOW_MS)
    assert sealed is not None
    (change,) = changes(sealed)
    assert (change["member_id"], change["before"], change["level"], change["why"]) == ("ann", "gold", "silver", "rule")
    assert decode_member(shard.table.members["ann"]).memberships[0].level == "silver"
    # Those whom it does not touch are not written again.
    keys = [record.key or b"" for record in read_back(sealed.entries)]
    assert [key for key in keys if key.startswith(b"m")] == [b"mann"]


def test_it_is_done_once_and_that_is_remembered() -> None:
    shard = shard_with({"ann": 600})
    assert shard.judge_afresh(AFTER, SETTINGS, NOW_MS) is not None
    assert shard.judge_afresh(AFTER, SETTINGS, NOW_MS) is None
    assert shard.table.head.judged_ref == 2


def test_before_the_change_holds_nothing_is_judged() -> None:
    shard = shard_with({"ann": 600})
    assert shard.judge_afresh(AFTER, SETTINGS, NOW_MS - 55_000) is None
    assert shard.judge_afresh(BEFORE, SETTINGS, NOW_MS) is None
