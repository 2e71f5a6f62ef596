"""A turn is kept or forgotten as a whole, and orders and due times go with it."""

from __future__ import annotations

from agents.turns.turn import Turn
from rules.documents.content import order_key
from rules.state import Member
from rules.times import DAY_MS
from tables.layout import HEAD, decode_head, member_key
from tables.member.record import decode_member
from tables.partition import PartitionTable
from tests.entries import read_back
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
RULES = [program(50), spend()]


def started() -> Folding:
    folding = Folding(RULES)
    folding.take(order("a", at(1), ("x", 1, 60)), now_ms=NOON_MS)
    folding.turn()
    return folding


def recovered_from(table: PartitionTable) -> PartitionTable:
    recovered = PartitionTable(0, {}, 1)
    recovered.members.update(table.members)
    recovered.load_due()
    return recovered


def test_the_head_is_the_last_record_of_a_turn_and_counts_turns() -> None:
    folding = started()
    (table,) = folding.tables
    head, entries = table.seal({"pos.orders": 9}, 1, {})
    assert read_back(entries)[-1].key == HEAD
    assert (head.turn, head.positions, head.clock_ms) == (2, {"pos.orders": 9}, NOON_MS)


class _Kept(Folding):
    def seal(self, table: PartitionTable, turn: Turn) -> None:
        table.keep()


def test_where_there_is_no_changelog_a_turn_is_kept_and_not_written() -> None:
    """As in a replay: members, orders, due times and the number of turns are those of a table that is sealed."""
    sealed, kept = Folding(RULES), _Kept(RULES)
    kept.tables = [PartitionTable(0, {}, 10**12, logged=False)]
    for folding in (sealed, kept):
        folding.take(order("a", at(1), ("x", 1, 60)), now_ms=NOON_MS)
        folding.take(refund("r", "none", at(1), ("x", 1, 10)), now_ms=NOON_MS)
        folding.turn()
    (table,), (other,) = kept.tables, sealed.tables
    assert (table.touched, table.touched_bytes, table.orders.entries) == ({}, 0, [])
    assert table.members == other.members
    assert table.timers.next_due_ms() == other.timers.next_due_ms() < 2**63 - 1
    key = order_key("ann", "a", 0)
    assert table.orders.find(key) == other.orders.find(key) is not None
    assert table.head.turn == 1


def test_what_is_due_is_found_again_after_recovery() -> None:
    folding = Folding(RULES)
    folding.take(refund("r", "none", at(1), ("x", 1, 1)), now_ms=NOON_MS)
    folding.turn()
    (table,) = folding.tables
    recovered = recovered_from(table)
    assert recovered.timers.next_due_ms() == table.timers.next_due_ms() == NOON_MS + 35 * DAY_MS + 1


def test_of_who_was_never_registered_nothing_is_left_once_his_refund_has_expired() -> None:
    folding = Folding(RULES)
    folding.take(refund("r", "none", at(1), ("x", 1, 1), member_id="bob"), now_ms=NOON_MS)
    folding.turn()
    (table,) = folding.tables
    assert set(table.members) == {"bob"}
    folding.sweep(NOON_MS + 40 * DAY_MS)
    assert not table.members and len(table.timers) == 0
    # His key on the changelog is deleted.
    assert [record.value for record in folding.committed if record.key == member_key("bob")][-1] is None


def test_what_one_document_did_is_undone_and_nothing_else() -> None:
    folding = started()
    (table,) = folding.tables
    member = table.member("ann")
    assert member is not None
    at_rest, spent = table.members["ann"], member.memberships[0].spent
    untouched, unknown = table.snapshot("zoe"), table.snapshot("bob")
    assert untouched is None and unknown is None
    member.memberships[0].spent += 7
    earlier = table.snapshot("ann")
    member.memberships[0].spent += 100
    member.gained["classic/gold"] = 9
    table.touched["bob"] = Member()
    table.roll_back("bob", unknown)
    table.roll_back("ann", earlier)
    assert table.member("bob") is None
    again = table.member("ann")
    assert again is not None and again.memberships[0].spent == spent + 7 and "classic/gold" not in again.gained
    table.roll_back("ann", at_rest)
    assert "ann" not in table.touched and table.look("ann").memberships[0].spent == spent


def test_who_is_touched_again_once_he_was_written_stands_in_the_batch_once_as_he_is_then() -> None:
    folding = started()
    (table,) = folding.tables
    member = table.member("ann")
    assert member is not None
    spent, size_bytes = member.memberships[0].spent, table.touched_bytes
    member.memberships[0].spent += 7
    table.write_touched()
    again = table.member("ann")
    assert again is not None and again is not member and table.touched_bytes == size_bytes > 0
    again.memberships[0].spent += 100
    _, entries = table.seal({}, 1, {})
    (written,) = [record.value for record in read_back(entries) if record.key == member_key("ann")]
    assert written is not None and decode_member(written).memberships[0].spent == spent + 107
    assert table.members["ann"] == written


def test_the_clock_never_goes_back() -> None:
    folding = started()
    folding.take(order("b", at(1), ("x", 1, 1)), now_ms=NOON_MS - DAY_MS)
    folding.turn()
    assert folding.tables[0].clock.now_ms == NOON_MS


def test_orders_are_kept_for_as_long_as_they_can_be_asked_for() -> None:
    folding = started()
    for day in (100, 180):
        folding.take(order("a", at(1), ("x", 1, 60)), received_ms=NOON_MS, now_ms=NOON_MS + day * DAY_MS)
        folding.take(refund(f"r{day}", "a", at(1 + day), ("x", 1, 10)), now_ms=NOON_MS + day * DAY_MS)
        folding.turn()
    assert folding.progress() == {("spend", "ann"): 40} and folding.reasons() == []
    # Then they go, a day at a time.
    folding.take(order("z", at(300), ("x", 1, 1), member_id="zoe"), now_ms=NOON_MS + 299 * DAY_MS)
    folding.turn()
    kept = folding.tables[0].orders.bytes_kept()
    folding.take(order("y", at(360), ("x", 1, 1), member_id="zoe"), now_ms=NOON_MS + 359 * DAY_MS)
    folding.turn()
    assert folding.tables[0].orders.bytes_kept() <= kept


def test_the_seed_of_a_partition_stays_the_one_it_began_with() -> None:
    table = PartitionTable(0, {}, 1, seed=2**64 - 1)
    head, entries = table.seal({}, 1, {})
    assert head.seed == decode_head(read_back(entries)[-1].value or b"").seed == 2**64 - 1
    assert table.seal({}, 1, {})[0].seed == 2**64 - 1


def test_keys_are_kept_under_the_partitions_seed() -> None:
    seeded, plain = (Folding(RULES) for _ in range(2))
    seeded.tables = [PartitionTable(0, {}, 10**12, seed=77)]
    for folding in (seeded, plain):
        for _ in range(2):
            folding.take(order("a", at(1), ("x", 1, 60)), now_ms=NOON_MS)
            folding.turn()
    assert seeded.progress() == plain.progress() == {("spend", "ann"): 60}
    for folding, seed in ((seeded, 77), (plain, 0)):
        found = [folding.tables[0].orders.find(order_key("ann", "a", each)) is not None for each in (0, 77)]
        assert found == [seed == 0, seed == 77]
