"""Three hundred retention periods by the documents' clock: what is kept of orders is as much at the end as near the beginning."""

from __future__ import annotations

import random

import pytest

from rules.documents.content import DIGEST_BYTES
from rules.times import DAY_MS
from tables.head import Head
from tables.layout import HEAD, chunk_of, decode_head, group_of
from tables.orders.index import GROUP_BITS
from tables.orders.store import OrderStore
from tables.partition import PartitionTable
from tests.entries import read_back

KEPT_DAYS = 8
PERIODS = 300
ORDERS_A_DAY = 30
# Days are kept modulo 2**16: they go round once.
FIRST_DAY = 2**16 - 1_000


class Changelog:
    """What compaction leaves of a changelog, in its order."""

    def __init__(self) -> None:
        self.records: dict[bytes, bytes] = {}

    def commit(self, table: PartitionTable) -> Head:
        head, entries = table.seal({}, table.head.turn + 1, {})
        for record in read_back(entries):
            assert record.key is not None
            self.records.pop(record.key, None)
            if record.value is not None:
                self.records[record.key] = record.value
        return head

    def recovered(self) -> OrderStore:
        store = OrderStore()
        for key, value in self.records.items():
            if key[:1] == b"o":
                store.load(*chunk_of(key), value)
            elif key[:1] == b"i":
                store.load_group(group_of(key), value)
        store.loaded()
        return store


@pytest.mark.slow
def test_nothing_that_is_kept_of_orders_grows() -> None:
    chance = random.Random(4)
    table = PartitionTable(0, {}, KEPT_DAYS * DAY_MS)
    changelog = Changelog()
    kept: dict[bytes, tuple[int, bytes]] = {}
    sizes: list[tuple[int, int, int]] = []
    for day in range(FIRST_DAY, FIRST_DAY + PERIODS * KEPT_DAYS):
        table.clock.reach(day * DAY_MS + DAY_MS // 2)
        for number in range(ORDERS_A_DAY):
            own, record = chance.randbytes(DIGEST_BYTES), chance.randbytes(60)
            business = chance.randbytes(DIGEST_BYTES) if number % 2 else None
            table.orders.stage(own, business, record)
            kept[own] = day, record
        amended = chance.choice(list(kept)[-ORDERS_A_DAY * 2 :])
        table.orders.stage(amended, None, b"amended")
        kept[amended] = day, b"amended"
        changelog.commit(table)
        kept = {own: (came, record) for own, (came, record) in kept.items() if came >= day - KEPT_DAYS}
        if (day - FIRST_DAY) % KEPT_DAYS == KEPT_DAYS - 1:
            records = changelog.records
            sizes.append((len(records), sum(map(len, records.values())), table.orders.bytes_kept()))
    early, late = sizes[5:25], sizes[-20:]
    for part in range(3):
        assert max(size[part] for size in late) <= max(size[part] for size in early) * 1.1
    # A slot or two of 12 bytes for each order, what has expired and not been dropped yet, and a few slots for each group: small ones are
    # looked after less often.
    assert table.orders.index_bytes() < len(kept) * 1.5 * 12 * 1.4 + 10 * 12 * 2**GROUP_BITS
    assert decode_head(changelog.records[HEAD]).turn == PERIODS * KEPT_DAYS
    for store in (table.orders, changelog.recovered()):
        assert all(store.find(own) == record for own, (_, record) in kept.items())
        assert not any(store.find(chance.randbytes(DIGEST_BYTES)) for _ in range(1_000))
