"""Claims: a member takes what was released to him (spec 2.6)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rules.benefits.points_given import were_given
from rules.documents.claim import Claim
from rules.gifts.grant_ids import GrantId, SentBy, parse_grant_id, was_granted
from rules.gifts.terms import GiftTerms, Granting, Terms
from rules.gifts.waiting import PUT_BY, Claimable, Waiting, has
from rules.happened import Happened, Released, escaped
from rules.merging.kin import member_of
from rules.refused import Refused
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import epoch_ms, epoch_us, iso, moment_us


def claim(
    member: Member,
    document: Claim,
    rulebook: Rulebook,
    now_ms: int,
    sent_by: SentBy,
    happened: list[Happened],
) -> None:
    """Claims a gift of a grant, or all of it that can be claimed, but for what is put by. What was claimed before is passed over.
    Raises Refused.
    """
    grant = parse_grant_id(document.grant_id)
    if grant is None:
        raise _unknown(document)
    rest = member.seldom
    claimable = [waits for waits in rest.claimable if is_of(waits, grant, document.member_id, rulebook)]
    unreleased = [waits for waits in rest.unreleased if is_of(waits, grant, document.member_id, rulebook)]
    if not claimable and not unreleased:
        if not _was_claimed(member, document, grant, rulebook, now_ms, sent_by):
            raise _unknown(document)
        return
    version = rulebook.granting[(claimable or unreleased)[0].ref]
    terms = version.terms_of(grant.ordinal)
    if document.gift is not None and document.gift > len(terms.gifts):
        raise _unknown(document)
    claimed_us = epoch_us(document.claimed_at)
    early = any(_is_meant(gift, document) for waits in unreleased for gift in terms.unreleased(waits.daily))
    over = False
    claimed: list[tuple[Claimable, GiftTerms]] = []
    for waits in claimable:
        for gift in terms.gifts:
            if gift.place not in waits.places or not _is_meant(gift, document):
                continue
            if claimed_us < waits.released_us:
                early = True
            elif claimed_us > gift.ends_us:
                over = True
            else:
                claimed.append((waits, gift))
    if document.gift is not None and early:
        raise Refused("not_released", f"expected a time at which {_shown(document)} was released; it was not", "/claimed_at")
    if document.gift is not None and over:
        raise Refused("expired", f"expected a time by which {_shown(document)} was valid; it ended before", "/claimed_at")
    for waits, gift in sorted(claimed, key=lambda each: each[1].place):
        happened.append(_claimed(version, terms, waits, gift, document))
    _take(member, grant, claimed)


def _was_claimed(
    member: Member,
    document: Claim,
    grant: GrantId,
    rulebook: Rulebook,
    now_ms: int,
    sent_by: SentBy,
) -> bool:
    """Whether what a claim names, of which nothing waits, was the member's: an activity's gift, or upgrade points, under any of his ids."""
    ids = [(document.member_id, member), *((kin.member_id, member_of(kin, member)) for kin in member.seldom.kin)]
    return any(
        was_granted(each, each_id, grant, document.gift, rulebook, now_ms, sent_by)
        or were_given(each, each_id, document.grant_id, document.gift, rulebook)
        for each_id, each in ids
    )


def is_of(waits: Waiting, grant: GrantId, member_id: str, rulebook: Rulebook) -> bool:
    """Whether gifts of a grant are among those of a member that wait so."""
    return (
        has(waits, grant.label, grant.ordinal)
        and waits.ref != PUT_BY
        and rulebook.granting[waits.ref].code == grant.activity
        and escaped(waits.of or member_id) == grant.member
    )


def _is_meant(gift: GiftTerms, document: Claim) -> bool:
    return document.gift in (None, gift.place)


def _claimed(version: Granting, terms: Terms, waits: Claimable, gift: GiftTerms, document: Claim) -> Released:
    at = iso(document.claimed_at)
    valid = gift.valid(at, epoch_ms(document.claimed_at))
    return Released(
        document.grant_id,
        gift.place,
        "claimed",
        document.member_id,
        version.code,
        version.version,
        iso(moment_us(waits.released_us)),
        at,
        None if valid is None else valid.from_,
        None if valid is None else valid.to,
        gift.document,
    )


def _take(member: Member, grant: GrantId, claimed: Sequence[tuple[Claimable, GiftTerms]]) -> None:
    """What is claimed waits no longer; the other grants that waited with it, and its other gifts, go on."""
    rest = member.seldom
    taken: dict[int, set[int]] = {}
    for waits, gift in claimed:
        taken.setdefault(id(waits), set()).add(gift.place)
    left: list[Claimable] = []
    for waits in rest.claimable:
        places = taken.get(id(waits))
        if places is None:
            left.append(waits)
            continue
        if waits.first < grant.ordinal:
            left.append(replace(waits, last=grant.ordinal - 1))
        if still := [place for place in waits.places if place not in places]:
            left.append(replace(waits, first=grant.ordinal, last=grant.ordinal, places=still))
        if grant.ordinal < waits.last:
            left.append(replace(waits, first=grant.ordinal + 1))
    rest.claimable = left
    member.find_due()


def _unknown(document: Claim) -> Refused:
    problem = f"expected a grant of member {document.member_id!r} and one of its gifts; there is none such"
    return Refused("unknown_grant", problem, "/grant_id")


def _shown(document: Claim) -> str:
    return f"gift {document.gift} of {document.grant_id}"
