"""A program's rules and benefits, told to the members that it has (spec 3.11): of their state as workers have committed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from rules.happened import Happened, RulesAndBenefits
from rules.messages.filling import RULES_AND_BENEFITS
from rules.messages.telling import tell_rules
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import epoch_ms, epoch_us
from sinks.topics.events import put_events
from sinks.topics.outputs import Outputs
from streams.topics import AGGREGATE_CHANGELOG, NOTIFICATIONS
from tables.member.record import decode_member
from tidemark.explaining.stored import Stored, open_stored
from tidemark.members.sending import Sending, sending
from tidemark.reading.partitions import read_members
from tidemark.settings.settings import Settings

# Of one batch: some hundred bytes each, and a text of 4,000 characters at most.
_MESSAGES_AT_ONCE = 100


class NothingToSay(Exception):
    """There is no such program, or no text: the message says what to do."""


class Announced(NamedTuple):
    """Members told, and the messages that took."""

    members: int
    messages: int


async def announce(settings: Settings, code: str, at: datetime, advance: Callable[[int, int], None]) -> Announced:
    """Tells the members of a program, as of a time: of one time again, the messages are the same, and so are their ids.
    `advance` is told how many partitions are done, and of how many: none, before the first message.

    Raises NothingToSay, BrokerUnavailable, WriteFailed.
    """
    topic = settings.prefix + NOTIFICATIONS
    members = messages = 0
    async with open_stored(settings) as stored, sending(settings, [topic]) as to:
        _check(stored.rulebook, code, at)
        partitions = stored.partitions()
        advance(0, len(partitions))
        for done, partition in enumerate(partitions, 1):
            told = await _told(stored, partition, code, at)
            await _send(to, topic, partition, told, at)
            members += len({each.member_id for each in told if isinstance(each, RulesAndBenefits)})
            messages += len(told)
            advance(done, len(partitions))
    return Announced(members, messages)


def _check(rulebook: Rulebook, code: str, at: datetime) -> None:
    """Raises NothingToSay."""
    program = rulebook.program(code, epoch_ms(at))
    if program is None:
        raise NothingToSay(f"there is no program {code!r}: publish it first, or mend the code")
    if program.off:
        raise NothingToSay(f"program {code!r} is off: it has nothing to offer to its members")
    if rulebook.text(RULES_AND_BENEFITS, epoch_us(at)) is None:
        raise NothingToSay(f"the Message Centre has no text {RULES_AND_BENEFITS!r}: add it to its texts, and publish that")


async def _told(stored: Stored, partition: int, code: str, at: datetime) -> list[Happened]:
    told: list[Happened] = []
    changelog = stored.settings.prefix + AGGREGATE_CHANGELOG
    for member_id, data in (await read_members(stored.topics, changelog, partition)).items():
        member = decode_member(data)
        if member.registered:
            _tell(member_id, member, code, at, stored.rulebook, told)
    return told


def _tell(member_id: str, member: Member, code: str, at: datetime, rulebook: Rulebook, told: list[Happened]) -> None:
    program = rulebook.program_of(member, code, epoch_ms(at))
    for membership in member.memberships:
        if program is not None and membership.program == code and not membership.left:
            tell_rules(member_id, member, program, membership.level, at, rulebook, told)


async def _send(to: Sending, topic: str, partition: int, told: Sequence[Happened], at: datetime) -> None:
    outputs = Outputs("announce", partition, epoch_ms(at))
    put_events(outputs, told)
    entries = outputs.by_topic.get(NOTIFICATIONS, [])
    for start in range(0, len(entries), _MESSAGES_AT_ONCE):
        await to.send(topic, partition, entries[start : start + _MESSAGES_AT_ONCE])
