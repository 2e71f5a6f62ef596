"""What a changed program would make of its members, before anything is changed (spec 3.6): judged of what workers have committed.

Each member's record is judged as a worker would judge it, in memory, and forgotten: nothing that runs knows of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from broker.client.connection import Connection
from rules.gifts.granted import Points
from rules.happened import Asked, Grant, Happened
from rules.levels.held import shown
from rules.levels.standing import judge_changed, risen_from
from rules.limits.worth import coupon_at, gifts_of
from rules.rulebook.chains import LATER_VERSION_DELAY_MS
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from tables.member.record import decode_member
from tidemark.definitions.proposals import proposals, saves, user_name
from tidemark.levels.counting import Counting, OfLevel
from tidemark.reading.running import open_running


class Move(Struct):
    """How many members go from one level to another, or stay; null for none."""

    before: str | None
    after: str | None
    members: int


class Gifts(Struct):
    """What upgrades would give: `grants`, those too that a `total` or `budget` may still refuse; `points`; `coupons` by code, and their
    `value` by currency.
    """

    grants: int = 0
    points: int = 0
    coupons: dict[str, int] = {}
    value: dict[str, int] = {}


class OfProgram(Struct):
    """A program that would change: the `version` that it would be; how many members go `up`, `down` and `stay`; the same level by level, as
    `moves`; `levels`: how many hold each then, and reach its threshold; `gifts` of those who go up.
    """

    program: str
    version: int
    members: int
    up: int
    down: int
    stay: int
    moves: list[Move]
    levels: list[OfLevel]
    gifts: Gifts


class Previewing:
    """Judges members as they come, by the programs as they are, and then as they would be."""

    def __init__(self, before: Rulebook, after: Rulebook, codes: Collection[str], now_ms: int) -> None:
        """`codes`: of the programs that would change."""
        self._before, self._after = before, after
        self._now_ms, self._then_ms = now_ms, now_ms + LATER_VERSION_DELAY_MS
        self._counting = Counting(after, self._then_ms)
        self._moves: dict[str, Counter[tuple[str | None, str | None]]] = {code: Counter() for code in sorted(codes)}
        self._up, self._down = Counter[str](), Counter[str]()
        self._gifts = {code: Gifts() for code in self._moves}

    def add(self, member_id: str, data: bytes) -> None:
        """One more, as he is kept."""
        member = decode_member(data)
        if not member.registered:
            return
        # What he was not yet judged by is none of the change's.
        judge_changed(member_id, member, self._before, self._now_ms, [])
        held = self._shown(member, self._before, self._now_ms)
        happened: list[Happened] = []
        judge_changed(member_id, member, self._after, self._then_ms, happened)
        self._counting.add(member)
        then = self._shown(member, self._after, self._then_ms)
        for code, level in then.items():
            self._moved(code, held.get(code), level)
        for grant in _grants(happened):
            self._gave(grant)

    def programs(self) -> list[OfProgram]:
        """What comes of all so far."""
        counted = {each.program: each for each in self._counting.counts().programs}
        found = []
        for code, moves in self._moves.items():
            program = counted[code]
            up, down = self._up[code], self._down[code]
            rows = [Move(before, after, members) for (before, after), members in sorted(moves.items(), key=lambda move: -move[1])]
            members = moves.total()
            stay = members - up - down
            found.append(OfProgram(code, program.version, members, up, down, stay, rows, program.levels, self._gifts[code]))
        return found

    def _shown(self, member: Member, rulebook: Rulebook, at_ms: int) -> dict[str, str | None]:
        """The level that he shows, by program that would change."""
        return {
            each.program: shown(rulebook.program_of(member, each.program, at_ms), each)
            for each in member.memberships
            if not each.left and each.program in self._moves
        }

    def _moved(self, code: str, before: str | None, after: str | None) -> None:
        self._moves[code][before, after] += 1
        program = self._after.program(code, self._then_ms)
        if before == after or program is None:
            return
        is_up = program.position(after) > program.position(risen_from(program, self._after, code, before))
        (self._up if is_up else self._down)[code] += 1

    def _gave(self, grant: Grant) -> None:
        gifts = self._gifts.get((grant.level or "").partition("/")[0])
        if gifts is None:
            return
        gifts.grants += 1
        for gift in gifts_of(bytes(grant.gifts)):
            if isinstance(gift, Points):
                gifts.points += gift.points
                continue
            gifts.coupons[gift.coupon] = gifts.coupons.get(gift.coupon, 0) + gift.quantity
            coupon = coupon_at(self._after.coupons, gift.coupon, self._then_ms * 1000)
            if coupon is not None:
                gifts.value[coupon.currency] = gifts.value.get(coupon.currency, 0) + coupon.value * gift.quantity


def _grants(happened: Sequence[Happened]) -> Iterator[Grant]:
    for each in happened:
        if isinstance(each, Grant):
            yield each
        elif isinstance(each, Asked):
            yield each.grant


async def preview(
    connection: Connection, prefix: str, documents: Sequence[dict[str, object]], closes_after_ms: int, now_ms: int
) -> list[OfProgram]:
    """What these definitions would change if they were published now, over all partitions; of the programs that would change. Raises
    BrokerUnavailable, NewerFormat, and NotPublished where they could not be published.
    """
    async with open_running(connection, prefix, "tidemark-preview") as running:
        versions, before = running.definitions.versions, running.definitions.rulebook
        found, _ = proposals(saves(documents, user_name(), now_ms), versions, before, now_ms, closes_after_ms)
        changed = {versions.next_ref + number: each.saved for number, each in enumerate(found)}
        after = Rulebook([*versions, *changed.items()], before)
        codes = changed_programs(before, after)
        previewing = Previewing(before, after, codes, now_ms)
        if codes:
            async for records in running.members():
                _add_all(previewing, records)
        return previewing.programs()


def changed_programs(before: Rulebook, after: Rulebook) -> list[str]:
    """The codes of the programs that have a version more, and had one."""
    return [code for code, versions in after.programs.items() if len(versions) > len(before.programs.get(code, versions))]


def _add_all(previewing: Previewing, members: Mapping[str, bytes]) -> None:
    for member_id, data in members.items():
        previewing.add(member_id, data)
