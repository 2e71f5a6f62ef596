"""The state of one partition: members, orders, clock and positions; and the turn in hand, kept or forgotten as a whole."""

from __future__ import annotations

import heapq

from broker.wire.batches import NO_HEADERS, ByTopic, Entry, entry
from rules.state import NEVER_MS, Member
from rules.times import DAY_MS
from tables.head import FORMAT, Head
from tables.layout import HEAD, chunk_key, decode_member, encode_head, encode_member, encode_outputs, has_due, member_key, out_key
from tables.orders.store import OrderStore

# Deletions of expired chunks in one turn, so that the end of a day is no pause.
MAX_EXPIRED_CHUNKS = 500


class PartitionTable:
    """One partition's state, as bytes. What a turn touches is decoded once and is the only cache."""

    def __init__(self, partition: int, topic_ids: dict[str, str], keep_orders_ms: int, seed: int = 0) -> None:
        """`keep_orders_ms`: how long after an order came it can be asked for; dropped by whole days after that. `seed`: of a state that
        nothing was ever kept in, see Head.
        """
        self.partition = partition
        self.members: dict[str, bytes] = {}
        self.orders = OrderStore()
        self.head = Head(0, {}, 0, 1, topic_ids, seed=seed)
        # The turn in hand.
        self.touched: dict[str, Member] = {}
        # Of the members' records that it has read, and will write.
        self.touched_bytes = 0
        self.clock_ms = 0
        self.judged_ref = self.head.judged_ref
        self.rekeyed_through: dict[str, int] = {}
        self._keep_orders_ms = keep_orders_ms
        # (due time, member id) of members with something due; entries that no longer hold are passed over.
        self._due: list[tuple[int, str]] = []

    def member(self, member_id: str) -> Member | None:
        """A member as the turn in hand has left him; changes to him are kept with the turn. None if he was never seen."""
        member = self.touched.get(member_id)
        if member is None:
            data = self.members.get(member_id)
            if data is None:
                return None
            self.touched_bytes += len(data)
            member = self.touched[member_id] = decode_member(data)
        return member

    def note_due(self, member_id: str, due_ms: int) -> None:
        """Something of a member will be due then. Told for each thing once; what was settled otherwise is passed over."""
        heapq.heappush(self._due, (due_ms, member_id))

    def look(self, member_id: str) -> Member:
        """A member who is known, to look at only."""
        return self.touched.get(member_id) or decode_member(self.members[member_id])

    def due_member(self, now_ms: int) -> str | None:
        """The next member who may have something due by now; the turn in hand must settle it. None if there is none."""
        while self._due and self._due[0][0] <= now_ms:
            _, member_id = heapq.heappop(self._due)
            if member_id in self.touched or member_id in self.members:
                return member_id
        return None

    def next_due_ms(self) -> int:
        """When something is next due; NEVER_MS if nothing is."""
        return self._due[0][0] if self._due else NEVER_MS

    def forget(self) -> None:
        """Drops all that the turn in hand has done."""
        for member_id in self.touched:
            self._note_all_due(member_id)
        self.touched.clear()
        self.touched_bytes = 0
        self.orders.forget_staged()
        self.clock_ms = self.head.clock_ms
        self.judged_ref = self.head.judged_ref
        self.rekeyed_through = dict(self.head.rekeyed_through)

    def seal(self, positions: dict[str, int], unpublished_from: int, outputs: ByTopic) -> tuple[Head, list[Entry]]:
        """Keeps the turn in hand: its head, and the records that commit it and what it puts out, `~head` last."""
        turn = self.head.turn + 1
        entries: list[Entry] = []
        append = entries.append
        members = self.members
        for member_id, member in self.touched.items():
            data = encode_member(member)
            members[member_id] = data
            append(entry(member_key(member_id), data, NO_HEADERS))
        self.touched.clear()
        self.touched_bytes = 0
        day = self.clock_ms // DAY_MS
        chunk = self.orders.seal(day, turn)
        if chunk:
            append(entry(chunk_key(day, turn), chunk, NO_HEADERS))
        oldest_day = (self.clock_ms - self._keep_orders_ms) // DAY_MS
        for expired in self.orders.expire(oldest_day, MAX_EXPIRED_CHUNKS):
            append(entry(chunk_key(*expired), None, NO_HEADERS))
        if outputs:
            append(entry(out_key(turn), encode_outputs(turn, outputs), NO_HEADERS))
        self.head = Head(
            turn,
            positions,
            self.clock_ms,
            unpublished_from,
            self.head.topic_ids,
            self.judged_ref,
            dict(self.rekeyed_through),
            FORMAT,
            self.head.seed,
        )
        append(entry(HEAD, encode_head(self.head), NO_HEADERS))
        return self.head, entries

    def load_due(self) -> None:
        """Finds who has something due, after the members were read back."""
        for member_id, data in self.members.items():
            if has_due(data):
                self._note_all_due(member_id)

    def _note_all_due(self, member_id: str) -> None:
        data = self.members.get(member_id)
        if data is not None and has_due(data):
            for held in decode_member(data).held:
                self.note_due(member_id, held.due_ms)
