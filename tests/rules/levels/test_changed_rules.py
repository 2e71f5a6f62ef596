"""A program that was changed: each version is judged by as of when it came to hold, whenever that is done (spec 2.8, 3.6)."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rules.definitions.saved import Saved
from rules.documents.member import MemberDocument
from rules.happened import Grant, Happened, LevelChange
from rules.levels.held import held
from rules.levels.standing import judge_changed, unjudged_from_ms, would_change
from rules.members import change, register
from rules.rulebook.chains import LATER_VERSION_DELAY_MS
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import at_utc, moment
from tables.member.record import decode_member, encode_member
from tests.oracle.examples import program, upgrade
from tests.tables.member.members import parts
from tests.thorough import examples

START_MS = 1_767_225_600_000
HOUR_MS = 3_600_000


def rulebook(*programs: dict[str, Any], regain: bool = False) -> Rulebook:
    """Versions of one program, an hour apart, the first from ever; and an activity for its levels."""
    documents = [*programs, upgrade("classic/*", regain=regain)]
    saved = [
        Saved(kind=each["kind"], code=each["code"], version=1, saved_at_ms=START_MS + number * HOUR_MS, document=each)
        for number, each in enumerate(documents)
    ]
    return Rulebook(enumerate(saved))


def holds_from(version: int) -> int:
    """From when a version, counted from 0, holds."""
    return START_MS + version * HOUR_MS + LATER_VERSION_DELAY_MS


def member(rules: Rulebook, spent: int, level: str | None) -> Member:
    """One who was registered under the first version and has spent that much since."""
    found = register(rules, START_MS, START_MS)
    found.memberships[0].spent, found.memberships[0].level = spent, level
    return found


def touch(found: Member, rules: Rulebook, now_ms: int) -> list[Happened]:
    """As what is due of a member fires: each version as of when it came to hold."""
    happened: list[Happened] = []
    while (due_ms := unjudged_from_ms(found, rules, now_ms)) <= now_ms:
        judge_changed("ann", found, rules, due_ms, happened)
    return happened


def changes(happened: list[Happened]) -> list[tuple[str | None, str | None, str, str]]:
    return [(each.before, each.level, each.why, each.since) for each in happened if isinstance(each, LevelChange)]


def test_it_is_as_of_when_the_version_came_to_hold_however_late_it_is_done() -> None:
    rules = rulebook(program(500), program(100))
    found = member(rules, 300, None)
    happened = touch(found, rules, holds_from(1) + 30 * 24 * HOUR_MS)
    assert changes(happened) == [(None, "one", "rule", at_utc(holds_from(1)))]
    (grant,) = (each for each in happened if isinstance(each, Grant))
    assert (grant.level, grant.order_id, grant.occurred_at) == ("classic/one", None, at_utc(holds_from(1)))
    assert touch(found, rules, holds_from(1) + 31 * 24 * HOUR_MS) == []


def test_before_a_version_holds_nothing_comes_of_it() -> None:
    rules = rulebook(program(500), program(100))
    found = member(rules, 300, None)
    assert not would_change(found, rules, holds_from(1) - 1) and touch(found, rules, holds_from(1) - 1) == []
    assert would_change(found, rules, holds_from(1)) and touch(found, rules, holds_from(1)) != []


def test_a_version_that_held_for_an_hour_has_its_say() -> None:
    rules = rulebook(program(500), program(100), program(500))
    found = member(rules, 300, None)
    assert would_change(found, rules, holds_from(2))
    assert changes(touch(found, rules, holds_from(2))) == [
        (None, "one", "rule", at_utc(holds_from(1))),
        ("one", None, "rule", at_utc(holds_from(2))),
    ]


@examples(100)
@given(
    st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=4), min_size=2, max_size=6),
    st.integers(0, 6),
    st.booleans(),
    st.sets(st.integers(0, 6 * HOUR_MS)),
)
def test_what_comes_of_changes_does_not_depend_on_when_members_are_judged(
    ladders: list[list[int]], spent: int, regain: bool, touched_after_ms: set[int]
) -> None:
    rules = rulebook(*(program(*sorted(ladder)) for ladder in ladders), regain=regain)
    once, first = member(rules, spent, None), rules.programs["classic"][0]
    once.memberships[0].level = held(first, once.memberships[0])
    often = decode_member(encode_member(once))
    end_ms = holds_from(len(ladders))
    piecemeal = [each for after_ms in sorted(touched_after_ms) for each in touch(often, rules, START_MS + after_ms)]
    piecemeal += touch(often, rules, end_ms)
    at_once = touch(once, rules, end_ms)
    assert msgspec.json.encode(piecemeal) == msgspec.json.encode(at_once)
    assert parts(once) == parts(often)
    assert not would_change(once, rules, end_ms)


def test_a_member_of_whom_no_version_is_known_is_judged_by_the_one_that_holds() -> None:
    rules = rulebook(program(500), program(100), program(500))
    found = member(rules, 300, None)
    found.memberships[0].judged = -1
    assert touch(found, rules, holds_from(2)) == []


def test_who_left_is_judged_when_he_comes_back_and_has_not_gained_it() -> None:
    rules = rulebook(program(500), program(100))
    found = member(rules, 300, None)
    change(found, MemberDocument(member_id="ann", programs=[]), rules, moment(START_MS), START_MS)
    later_ms = holds_from(1) + HOUR_MS
    assert touch(found, rules, later_ms) == []
    change(found, MemberDocument(member_id="ann", programs=["classic"]), rules, moment(later_ms), later_ms)
    (membership,) = found.memberships
    assert (membership.level, membership.level_since_ms, found.gained) == ("one", later_ms, {})
    assert touch(found, rules, later_ms) == []
