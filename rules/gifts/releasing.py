"""Gifts released at a full hour or midnight, where their ground stands; held where it does not, until it stands again (spec 2.6)."""

from __future__ import annotations

from msgspec.structs import replace

from rules.gifts.arrivals import tell_arrival
from rules.gifts.grounds import stands_up_to
from rules.gifts.release_times import next_release_ms
from rules.gifts.released import Release, Waited, claimable
from rules.gifts.waiting import HELD_MS, Unreleased
from rules.happened import Happened, Released, escaped
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS, Member


def first_due_ms(member: Member) -> int:
    """When the first gift of a member is due to be released, or forgotten by whoever was to claim it; NEVER_MS where none is."""
    if member.due == NEVER_MS:
        return NEVER_MS
    rest, due_ms = member.seldom, NEVER_MS
    for waits in rest.unreleased:
        if waits.due_ms < due_ms and waits.due_ms != HELD_MS:
            due_ms = waits.due_ms
    for gifts in rest.claimable:
        if gifts.until_ms < due_ms:
            due_ms = gifts.until_ms
    return due_ms


def release_due(member_id: str, member: Member, rulebook: Rulebook, due_ms: int, happened: list[Happened]) -> None:
    """Releases what is due by that time, as of then; forgets what nobody has claimed for so long."""
    rest = member.seldom
    waiting, rest.unreleased = rest.unreleased, []
    if rest.claimable:
        rest.claimable = [waits for waits in rest.claimable if waits.until_ms > due_ms]
    held: list[Unreleased] = []
    arrived: dict[str, Release] = {}
    for waits in waiting:
        if waits.due_ms > due_ms:
            rest.unreleased.append(waits)
            continue
        version = rulebook.granting[waits.ref]
        upto = stands_up_to(member, version, waits, rulebook, due_ms)
        if upto >= waits.first:
            _release(
                member_id, member, rulebook.released.of(version, waits.first, waits.daily, due_ms), waits, upto, arrived, happened
            )
        if upto < waits.last and not rulebook.closings.is_closed(version.first_ref, due_ms):
            # Once its books are closed nothing can carry it any more.
            held.append(replace(waits, due_ms=HELD_MS, first=max(waits.first, upto + 1)))
    rest.unreleased += held
    for grant_id, releasing in arrived.items():
        # One for the coupons that are released together (spec 4.3).
        assert releasing.terms.notify is not None
        tell_arrival(member, member_id, grant_id, releasing.terms.notify, releasing.at, rulebook, happened)
    member.find_due()


def _release(
    member_id: str,
    member: Member,
    waited: Waited,
    waits: Unreleased,
    upto: int,
    arrived: dict[str, Release],
    happened: list[Happened],
) -> None:
    """Releases what waits so of the grants up to an ordinal. `arrived`: by grant, where somebody is to be told of coupons."""
    releasing = waited.releasing
    code, version, at = waited.code, waited.version, releasing.text
    ids = f"{waited.ids_begin}{escaped(waits.of or member_id)}/"
    for label in (waits.label,) if waits.label else map(str, range(waits.first, upto + 1)):
        grant_id = ids + label
        for place, claimed_at, valid_from, valid_to, given in waited.says:
            happened.append(
                Released(grant_id, place, "released", member_id, code, version, at, claimed_at, valid_from, valid_to, given)
            )
        if waited.tells:
            arrived[grant_id] = releasing
    if waited.by_member:
        member.wait_for(claimable(releasing, waited.by_member, waits.first, upto, waits.label, waits.of))


def carry_again(member: Member, rulebook: Rulebook, now_ms: int) -> None:
    """Something happened to the member: what was held, and whose ground stands again, is due at the next full hour or midnight."""
    if not any(waits.due_ms == HELD_MS for waits in member.unreleased):
        return
    unreleased = member.seldom.unreleased
    for place, waits in enumerate(list(unreleased)):
        if waits.due_ms != HELD_MS:
            continue
        version = rulebook.granting[waits.ref]
        upto = stands_up_to(member, version, waits, rulebook, now_ms)
        if upto < waits.first:
            continue
        due_ms = next_release_ms(now_ms, waits.daily, version.terms_of(waits.first).timezone)
        unreleased[place] = replace(waits, due_ms=due_ms, last=upto)
        if upto < waits.last:
            unreleased.append(replace(waits, first=upto + 1))
        member.wait_until(due_ms)
