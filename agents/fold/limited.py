"""What goes from partition to partition: grants that are limited by a total or a budget, to the keeper of their activity, and back (spec
2.10, docs/architecture.md); and what is of members who became one (spec 1.7), see agents/fold/merging.py and agents/fold/leading.py.

An activity's keeper is a partition, in whose changelog stands what was made of it. The fold of a member puts out each grant that the keeper
decides, for the keeper's partition, and there it is folded like any other record: what was decided is put out for the member's partition,
which makes the grant, or tells that it is refused. All of these are outputs that follow from the state: they may be published twice, the
same bytes, so each is taken once, by where it came from and its sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from agents.fold.incoming import INTERNAL_ERROR, Incoming, dead_letter
from agents.fold.merging import take_forgotten, take_moved
from agents.turns.due import fire_due, has_due
from agents.turns.keepers import decide, take_decision
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.happened import Asked
from sinks.topics.cloudevents import SEQUENCE, SOURCE
from streams.limited import Decided, MadeWithout, decode_limited, encode_limited, home_of
from streams.moved import Forgotten, Led, Message, Moved
from streams.topics import LIMITED

_log = structlog.get_logger()

# Of grants that wait at a keeper, in a turn that is full without them.
_LEAST_DECIDED = 100

# Applies a document that was led here; the time (epoch ms) is that of the record that it came on. Raises TooManyErrors.
TakeLed = Callable[[Turn, Led, int], None]


def fold_limited(turn: Turn, records: Sequence[Record], take_led: TakeLed) -> int:
    """Takes records of `grants.limited` in their order until the turn is full; how many. Raises TooManyErrors."""
    for count, record in enumerate(records):
        if turn.full():
            return count
        take_limited(turn, record, take_led)
    return len(records)


def take_limited(turn: Turn, record: Record, take_led: TakeLed) -> None:
    """Takes one, unless it was taken before. Raises TooManyErrors."""
    turn.documents += 1
    turn.taken_bytes += len(record.value or b"")
    turn.clock.appended(record.timestamp_ms)
    headers = dict(record.headers)
    source, sequence = headers.get(SOURCE), headers.get(SEQUENCE)
    if source is not None and sequence is not None:
        turn.table.keeping_changed = True
        if turn.table.keeping.taken_before(source.decode(), sequence.decode()):
            return
    try:
        message = decode_limited(record.value or b"")
        if isinstance(message, Asked):
            _take_asked(turn, message, record.value or b"")
            return
        if isinstance(message, MadeWithout):
            _take_made(turn, message)
            return
    except Exception as error:
        _failed(turn, record, error)
        return
    if isinstance(message, Decided):
        _take_decided(turn, record, message)
    else:
        take_message(turn, message, record, take_led)


def take_message(turn: Turn, message: Message, record: Record, take_led: TakeLed) -> None:
    """Takes what is of members who became one. `record`: as which it came. Raises TooManyErrors."""
    if isinstance(message, Led):
        take_led(turn, message, record.timestamp_ms)
        return
    member_id = message.into if isinstance(message, Moved) else message.member_id
    before, orders_mark = turn.table.snapshot(member_id), len(turn.orders.entries)
    try:
        if isinstance(message, Moved):
            take_moved(turn, message)
        else:
            assert isinstance(message, Forgotten)
            take_forgotten(turn, message)
    except Exception as error:
        turn.put_nothing_out()
        turn.orders.roll_back(orders_mark)
        turn.table.roll_back(member_id, before)
        _failed(turn, record, error)


def _take_asked(turn: Turn, asked: Asked, value: bytes) -> None:
    """The keeper's part; he decides once he knows of all that was made without him, and what reached him before is decided."""
    activity = asked.grant.activity
    assert activity is not None, "only an activity's grants are limited"
    if asked.later and (activity in turn.table.asked or not _knows_all(turn, activity)):
        turn.table.let_wait(activity, value)
    else:
        _decide(turn, asked)


def _take_made(turn: Turn, message: MadeWithout) -> None:
    """The keeper's part: he knows of them."""
    keeping = turn.table.keeping
    kept = keeping.of(message.activity)
    kept.made += message.made
    kept.worth += message.worth
    if message.first:
        keeping.heard.setdefault(message.activity, []).append(message.partition)


def _knows_all(turn: Turn, activity: str) -> bool:
    return len(turn.table.keeping.heard.get(activity, ())) >= turn.settings.partitions


def may_decide_waiting(turn: Turn) -> bool:
    """Whether grants wait at a keeper here who knows of all by now."""
    return any(_knows_all(turn, activity) for activity in turn.table.asked)


def decide_waiting(turn: Turn) -> None:
    """Decides grants that wait, in their order, as many as the turn has room for, and some in any case."""
    table, count = turn.table, 0
    for activity in [each for each in table.asked if _knows_all(turn, each)]:
        for number, value in list(table.asked[activity].items()):
            if turn.full() and count >= _LEAST_DECIDED:
                return
            message = decode_limited(value)
            assert isinstance(message, Asked), "nothing else waits"
            _decide(turn, message)
            # Of what keepers know the record is written again.
            table.keeping_changed = True
            table.waits_no_more(activity, number)
            count += 1


def _decide(turn: Turn, asked: Asked) -> None:
    """By what he knows."""
    grant = asked.grant
    value = encode_limited(Decided(decide(turn.table.keeping, asked), grant, asked.now_ms))
    turn.outputs.put(home_of(grant.member_id, turn.settings.partitions), grant.grant_id, grant.member_id, value)


def _take_decided(turn: Turn, record: Record, decided: Decided) -> None:
    """The member's part."""
    activity = decided.grant.activity
    if activity is not None and not decided.holder and activity in turn.rulebook.limited_later:
        turn.decided.append(activity)
    member_id = decided.holder or decided.grant.member_id
    member, before = turn.table.take(member_id)
    if turn.table.was_deleted(member_id, member):
        return
    if member is not None and member.leads_on:
        decided.holder = member.leads_to
        turn.outputs.put(
            home_of(decided.holder, turn.settings.partitions), decided.grant.grant_id, decided.holder, encode_limited(decided)
        )
        return
    if member is not None and has_due(turn, member):
        fire_due(turn, member_id, member)
        before = turn.table.snapshot(member_id)
    try:
        take_decision(turn, member_id, decided.grant, decided.limit, decided.now_ms * 1000)
        turn.put_out(decided=True)
    except Exception as error:
        turn.put_nothing_out()
        turn.table.roll_back(member_id, before)
        _failed(turn, record, error)


def _failed(turn: Turn, record: Record, error: Exception) -> None:
    _log.exception("rule_threw", topic=LIMITED, partition=turn.table.partition, offset=record.offset, exc_info=error)
    letter = dead_letter(Incoming(LIMITED, record), turn.table.partition, record.timestamp_ms, INTERNAL_ERROR, repr(error))
    turn.outputs.put(letter.topic, letter.event_id, letter.key, letter.value)
    turn.failed(error)
