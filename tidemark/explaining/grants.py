"""A member's grants, and what became of each gift: of what stands on `gifts` and `releases`, and of what waits in his record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from rules.gifts.waiting import HELD_MS, Claimable, Waiting, labels
from rules.happened import grants_of
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import at_utc
from streams.topics import GIFTS, RELEASES
from tidemark.replay.outputs.releases import Release, Releases

State = Literal["waits", "held", "to_claim", "claimed", "gone"]


class Gift(Struct):
    """A gift of a grant, its place from 1, as the definition has it. `state`: it waits for its hour (`due_at`); is held, as its ground
    does not stand; is to be claimed (until `forgotten_at`, when it is forgotten); is claimed; or is gone, as nothing is known of it any
    more.
    """

    gift: int
    given: Raw
    state: State
    released_at: str | None
    claimed_at: str | None
    valid_from: str | None
    valid_to: str | None
    due_at: str | None = None
    forgotten_at: str | None = None


class Made(Struct, omit_defaults=True):
    """A grant as it was made; what it has not is null, or left out. `member_id`: who has it now; null: he was deleted."""

    grant_id: str
    activity: str | None
    member_id: str | None
    ordinal: int | None
    order_id: str | None
    occurred_at: str
    version: int
    level: str | None = None
    run: str | None = None
    test: str | None = None
    gifts: list[Gift] = []


class _Grant(Made):
    """As it stands on `gifts`."""

    gifts: list[Raw] = []  # type: ignore[assignment]


_grant = msgspec.json.Decoder(_Grant).decode


def made_grants(
    gifts: Iterable[bytes], releases: Iterable[bytes], member_id: str, member: Member | None, rulebook: Rulebook
) -> list[Made]:
    """Of the records of both topics, the oldest first; of one that was published twice the first. `member_id`: whose they are now."""
    told = Releases()
    found: dict[str, _Grant] = {}
    for value in gifts:
        if told.take(GIFTS, value):
            grant = _grant(value)
            found[grant.grant_id] = grant
    for value in releases:
        told.take(RELEASES, value)
    waiting = _waiting(member_id, member, rulebook)
    made: dict[str, Made] = {}
    for row in told.of_gifts():
        grant = found[row.grant_id]
        one = made.setdefault(
            row.grant_id,
            Made(
                grant.grant_id,
                grant.activity,
                member_id,
                grant.ordinal,
                grant.order_id,
                grant.occurred_at,
                grant.version,
                grant.level,
                grant.run,
                grant.test,
                [],
            ),
        )
        one.gifts.append(_gift(row, grant.gifts[row.gift - 1], grant.ordinal, waiting.get(row.grant_id, ()), rulebook))
    return sorted(made.values(), key=lambda each: (each.occurred_at, each.activity or "", each.ordinal or 0, each.grant_id))


def _waiting(member_id: str, member: Member | None, rulebook: Rulebook) -> dict[str, list[Waiting]]:
    """What waits of each grant, by its id."""
    found: dict[str, list[Waiting]] = {}
    waiting: list[Waiting] = [] if member is None else [*member.seldom.claimable, *member.seldom.unreleased]
    for waits in waiting:
        ids = grants_of(rulebook.granting[waits.ref].code, waits.of or member_id)
        for label in labels(waits, waits.first, waits.last):
            found.setdefault(ids + label, []).append(waits)
    return found


def _gift(row: Release, given: Raw, ordinal: int | None, waiting: Iterable[Waiting], rulebook: Rulebook) -> Gift:
    gift = Gift(row.gift, given, "claimed", row.released_at, row.claimed_at, row.valid_from, row.valid_to)
    if row.claimed_at is not None:
        return gift
    gift.state = "gone"
    for waits in waiting:
        if isinstance(waits, Claimable):
            if row.gift in waits.places:
                gift.state, gift.forgotten_at = "to_claim", at_utc(waits.until_ms)
            continue
        terms = rulebook.granting[waits.ref].terms_of(ordinal or 0)
        if any(each.place == row.gift for each in terms.unreleased(waits.daily)):
            held = waits.due_ms == HELD_MS
            gift.state, gift.due_at = ("held", None) if held else ("waits", at_utc(waits.due_ms))
    return gift


class _Given(Struct):
    kind: str
    coupon: str = ""
    quantity: int = 1
    points: int = 0


_given = msgspec.json.Decoder(_Given).decode


def what(gift: Gift) -> str:
    """A gift in a word or two."""
    given = _given(gift.given)
    return f"{given.points:,} points" if given.kind == "points" else f"{given.quantity} x {given.coupon}"


def state(gift: Gift) -> str:
    """What became of a gift, in words."""
    if gift.state == "claimed":
        until = f", valid until {gift.valid_to}" if gift.valid_to else ""
        return f"claimed {gift.claimed_at}{until}"
    if gift.state == "to_claim":
        return f"released {gift.released_at}, to be claimed"
    if gift.state == "waits":
        return f"to be released {gift.due_at}"
    if gift.state == "held":
        return "held: what it was earned by does not stand"
    return "gone: it was not claimed in time, or what it was earned by did not stand while the activity's books were open"
