"""The state of one partition: members, orders, clock and positions; and the turn in hand, kept or forgotten as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from broker.wire.batches import NO_HEADERS, SMALL, VARINTS, ByTopic, Entry, entry
from rules.clock import Clock
from rules.documents.content import NO_ID, deleted_name
from rules.rulebook.closings import Closed
from rules.rulebook.program_changes import Judged
from rules.state import DUE_FROM_MS, NEVER_MS, NOT_ITS_OWN, Member
from rules.times import DAY_MS
from tables.head import FORMAT, Head
from tables.keeping import Keeping, encode_keeping
from tables.layout import (
    HEAD,
    KEEPING,
    asked_key,
    asked_of,
    chunk_key,
    encode_head,
    encode_outputs,
    index_key,
    made_key,
    member_key,
    out_key,
)
from tables.made import Made, encode_made
from tables.member.prune import prune
from tables.member.put_by import PutBy, Wanted
from tables.member.record import DUE_AT, NEVER_BEGINS, decode_member, due_ms_of, encode_member, may_be_due
from tables.orders.store import OrderStore
from tables.timers import Timers

# Deletions of expired chunks in one turn, so that the end of a day is no pause.
MAX_EXPIRED_CHUNKS: Final = 500


class PartitionTable:
    """One partition's state, as bytes. What a turn touches is decoded once and is the only cache."""

    def __init__(
        self,
        partition: int,
        topic_ids: dict[str, str],
        keep_orders_ms: int,
        seed: int = 0,
        clock: Clock | None = None,
        keeping: Keeping | None = None,
        *,
        logged: bool = True,
    ) -> None:
        """`keep_orders_ms`: how long after an order came it can be asked for; dropped by whole days after that. `seed`: of a state that
        nothing was ever kept in, see Head. `clock`, `keeping`: shared with other partitions; else of its own. `logged`: whether turns are
        sealed, for a changelog; else they are kept.
        """
        self.partition = partition
        self._logged = logged
        self.members: dict[str, bytes] = {}
        self.put_by = PutBy()
        self.orders = OrderStore()
        self.head = Head(0, {}, 0, 1, topic_ids, seed=seed)
        # The turn in hand.
        self.touched: dict[str, Member] = {}
        # Of its batch, what is written of members by now: their records by their ids, and what is put by of them by its key.
        self._written: dict[str | bytes, Entry] = {}
        # What was before that day has expired, and is gone.
        self._oldest_day: int | None = None
        # Of the members' records that it has read, and will write.
        self.touched_bytes = 0
        # Of which activities nothing is kept any more, as of when the turn began.
        self.closed = Closed()
        self.clock = Clock() if clock is None else clock
        self.judged = Judged(self.head.judged_ref, self.head.judged_set_ms)
        self.ran_ms = self.head.ran_ms
        # How many members were deleted: of whom nobody was, nobody need be asked about.
        self.deleted = self.head.deleted
        self.rekeyed_through: dict[str, int] = {}
        # The last turn that added to the figures.
        self.figured_turn = self.head.figured_turn
        self.timers = Timers()
        self.keeping = Keeping() if keeping is None else keeping
        # Whether the turn in hand has changed that.
        self.keeping_changed = False
        # By code: what was made of an activity without its keeper; and the grants that wait at their keeper here, by number.
        self.made: dict[str, Made] = {}
        self.asked: dict[str, dict[int, bytes]] = {}
        self._made_changed: set[str] = set()
        self._asked_changed: dict[bytes, bytes | None] = {}
        self._asked_last = 0
        self.keep_orders_ms = keep_orders_ms

    def member(self, member_id: str) -> Member | None:
        """A member as the turn in hand has left him; changes to him are kept with the turn. None if he was never seen."""
        member = self.touched.get(member_id)
        if member is None:
            data = self.members.get(member_id)
            if data is None:
                return None
            member = self.touch(member_id, data)
        return member

    def take(self, member_id: str) -> tuple[Member | None, bytes | None]:
        """The same as `member`, and as `snapshot` before anything else is done to him."""
        member = self.touched.get(member_id)
        if member is not None:
            return member, encode_member(member)
        data = self.members.get(member_id)
        return (None if data is None else self.touch(member_id, data)), data

    def touch(self, member_id: str, data: bytes) -> Member:
        """A member whom the turn has not touched, or has written since; `data`: his record."""
        if member_id not in self._written:
            self.touched_bytes += len(data)
        member = self.touched[member_id] = decode_member(data)
        if member.pruned != self.closed.count:
            prune(member, self.closed)
        return member

    def read(self, data: bytes) -> Member:
        """A member who is known and was not touched in the turn, by his record, as `member` has him; changes to him are kept by
        `keep_read`.
        """
        member = decode_member(data)
        if member.pruned != self.closed.count:
            prune(member, self.closed)
        return member

    def bring_back(self, member_id: str, member: Member, wanted: Wanted | None = None) -> None:
        """Has gifts that were put by stand in the member's record again: what is wanted, or all."""
        self.touched_bytes += self.put_by.bring_back(member_id, member, wanted)

    def keep_read(self, members: Mapping[str, Member]) -> None:
        """Keeps what was done to members that were read."""
        self.touched.update(members)
        self.touched_bytes += sum([len(self.members[member_id]) for member_id in members])

    def was_deleted(self, member_id: str, member: Member | None) -> bool:
        """Whether an id was deleted, of which the turn in hand has this (spec 1.7)."""
        if member is not None or not self.deleted:
            return member is not None and member.deleted
        name = deleted_name(member_id, self.head.seed)
        return name in self.members or name in self.touched

    def delete(self, member_id: str) -> None:
        """Forgets a member. Of his id a digest is left, by which what still comes for it is known to be nobody's."""
        member = self.touched.get(member_id)
        if member is not None:
            self.put_by.forget(member_id, member)
        self.touched[member_id] = Member(registered=False, bought=NOT_ITS_OWN)
        self.touched[deleted_name(member_id, self.head.seed)] = Member(registered=False, bought=NOT_ITS_OWN)
        self.deleted += 1

    def made_to_change(self, activity: str) -> Made:
        """What was made of an activity without its keeper; changes to it are kept with the turn."""
        self._made_changed.add(activity)
        return self.made.setdefault(activity, Made())

    def asked_for(self) -> int:
        """Grants of members here that their keepers have not decided, of activities that were limited later."""
        return sum([made.asked for made in self.made.values()])

    def forget_made(self) -> None:
        """Drops what was made of activities whose books are closed."""
        for activity in [code for code in self.made if code in self.closed.codes]:
            del self.made[activity]
            self._made_changed.add(activity)

    def let_wait(self, activity: str, asked: bytes) -> None:
        """Keeps a grant that its keeper cannot decide yet."""
        self._asked_last += 1
        self.asked.setdefault(activity, {})[self._asked_last] = asked
        self._asked_changed[asked_key(self._asked_last, activity)] = asked

    def waits_no_more(self, activity: str, number: int) -> None:
        """It is decided."""
        waiting = self.asked[activity]
        del waiting[number]
        if not waiting:
            del self.asked[activity]
        key = asked_key(number, activity)
        if self._asked_changed.pop(key, None) is None:
            # It did not come in this very turn.
            self._asked_changed[key] = None

    def load_asked(self, key: bytes, asked: bytes | None) -> None:
        """A record of one, as it is read back."""
        number, activity = asked_of(key)
        if asked is not None:
            self.asked.setdefault(activity, {})[number] = asked
            self._asked_last = max(self._asked_last, number)
        elif number in self.asked.get(activity, ()):
            self.waits_no_more(activity, number)
            self._asked_changed.clear()

    def look(self, member_id: str) -> Member:
        """A member who is known, to look at only."""
        return self.touched.get(member_id) or decode_member(self.members[member_id])

    def snapshot(self, member_id: str) -> bytes | None:
        """A member as he is now, for `roll_back`; None if he was never seen. Costs something only where the turn has touched him."""
        member = self.touched.get(member_id)
        return self.members.get(member_id) if member is None else encode_member(member)

    def roll_back(self, member_id: str, snapshot: bytes | None) -> None:
        """A member is again as he was when the snapshot was taken in this turn; nobody else is changed."""
        if snapshot is None or snapshot is self.members.get(member_id):
            self.touched.pop(member_id, None)
        else:
            self.touched[member_id] = decode_member(snapshot)

    def write_touched(self) -> None:
        """Puts the members that were touched by now into the turn's batch, as they are: of who is touched again the last holds. Of many
        members a few at a time: what is decoded is let go of while it is near.
        """
        members, timers, logged, sizes, small = self.members, self.timers, self._logged, VARINTS, SMALL
        join, written, given_out, put_by = b"".join, self._written, timers.given_out, self.put_by
        for member_id, member in self.touched.items():
            was = members.get(member_id)
            due = member.due
            # As `may_be_due`, without a call.
            if due != NEVER_MS or (was is not None and was[DUE_AT] != NEVER_BEGINS):
                due_ms = NEVER_MS if due == NEVER_MS else due + DUE_FROM_MS
                if not given_out or not timers.moves_on(member_id, due_ms):
                    timers.move(member_id, NEVER_MS if was is None else due_ms_of(was), due_ms)
                if put_by.owes(member_id, member):
                    apart = put_by.put_by(member_id, member)
                    if logged:
                        written |= {key: entry(key, record, NO_HEADERS) for key, record in apart}
            if not member.registered and not (member.held or (member.bought < 0 and not _is_gone(member_id, member))):
                # Nothing is left of one who was never registered.
                members.pop(member_id, None)
                if logged:
                    written[member_id] = entry(member_key(member_id), None, NO_HEADERS)
                continue
            data = members[member_id] = encode_member(member)
            if not logged:
                continue
            key = member_id.encode()
            # As `entry` puts it together, without a call: a key begins with a byte that says whose it is.
            length, of_key = len(data), len(key) + 1
            if length < small and of_key < small:
                written[member_id] = join((sizes[of_key], b"m", key, sizes[length], data, NO_HEADERS))
            else:
                written[member_id] = entry(member_key(member_id), data, NO_HEADERS)
        self.touched.clear()

    def keep(self) -> None:
        """Keeps the turn in hand as `seal` does, and writes nothing: there is no changelog. All orders are kept."""
        turn = self.head.turn + 1
        self.write_touched()
        self.timers.end_turn()
        self.touched_bytes = 0
        if self.orders.entries:
            self.orders.keep(self.clock.now_ms // DAY_MS, turn)
        self.keeping_changed = False
        self._made_changed.clear()
        self._asked_changed.clear()
        self.head.turn = turn

    def seal(
        self, positions: dict[str, int], unpublished_from: int, outputs: ByTopic, offset: int = -1
    ) -> tuple[Head, list[Entry]]:
        """Keeps the turn in hand: its head, and the records that commit it and what it puts out, `~head` last. `offset`: where the first
        will stand in the changelog; -1: not said.
        """
        turn = self.head.turn + 1
        self.write_touched()
        entries, self._written = list(self._written.values()), {}
        append = entries.append
        self.timers.end_turn()
        self.touched_bytes = 0
        day = self.clock.now_ms // DAY_MS
        chunk = self.orders.seal(day, turn)
        if chunk:
            append(entry(chunk_key(day, turn), chunk, NO_HEADERS))
        oldest_day = (self.clock.now_ms - self.keep_orders_ms) // DAY_MS
        if oldest_day != self._oldest_day:
            expired = self.orders.expire(oldest_day, MAX_EXPIRED_CHUNKS)
            entries += [entry(chunk_key(*chunk_of), None, NO_HEADERS) for chunk_of in expired]
            if len(expired) < MAX_EXPIRED_CHUNKS:
                self._oldest_day = oldest_day
        if self.orders.owes_index:
            entries += [entry(index_key(group), value, NO_HEADERS) for group, value in self.orders.look_after_index(turn)]
        if self.keeping_changed:
            append(entry(KEEPING, encode_keeping(self.keeping), NO_HEADERS))
            self.keeping_changed = False
        if self._made_changed:
            for activity in sorted(self._made_changed):
                made = self.made.get(activity)
                append(entry(made_key(activity), None if made is None else encode_made(made), NO_HEADERS))
            self._made_changed.clear()
        if self._asked_changed:
            for key, asked in self._asked_changed.items():
                append(entry(key, asked, NO_HEADERS))
            self._asked_changed.clear()
        if outputs:
            append(entry(out_key(turn), encode_outputs(turn, outputs), NO_HEADERS))
        self.head = Head(
            turn,
            positions,
            self.clock.now_ms,
            unpublished_from,
            self.head.topic_ids,
            self.judged.ref,
            dict(self.rekeyed_through),
            FORMAT,
            self.head.seed,
            offset if offset < 0 else offset + len(entries),
            self.figured_turn,
            self.ran_ms,
            self.judged.set_ms,
            self.deleted,
        )
        append(entry(HEAD, encode_head(self.head), NO_HEADERS))
        return self.head, entries

    def load_due(self) -> None:
        """Finds who has something due, after the members were read back."""
        for member_id, data in self.members.items():
            if may_be_due(data):
                self.timers.move(member_id, NEVER_MS, due_ms_of(data))


def _is_gone(member_id: str, member: Member) -> bool:
    """Whether a member was deleted in the turn: only the digest of his id is kept."""
    return member.deleted and not member_id.startswith(NO_ID)
