"""Grant ids taken apart again (spec 2.4), and whether a member was ever granted what one names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rules.bulk.compiled import CompiledBulk
from rules.bulk.made import number_of, was_made
from rules.gifts.made_by import UNKNOWN, made_by, spans
from rules.happened import escaped
from rules.limits.refusing import was_refused
from rules.limits.runs import has_others, is_in
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.compiled.tier_upgrade import CompiledTierUpgrade
from rules.rulebook.rulebook import Rulebook
from rules.state import Member

_MOST_DIGITS = 18

# By which version of an activity a test_id was sent to an id: its ref, UNKNOWN; None: it was not.
SentBy = Callable[[str, str, str], int | None]


class GrantId(NamedTuple):
    """The activity, the member as the id has him (escaped), and what follows: an ordinal in 0 < n, or else a label with the ordinal 0."""

    activity: str
    member: str
    label: str
    ordinal: int


def parse_grant_id(text: str) -> GrantId | None:
    """What an id is made of; None where it is none of an activity's."""
    parts = text.split("/", 2)
    if len(parts) < 3 or not all(parts):
        return None
    activity, member, label = parts
    is_ordinal = label.isascii() and label.isdigit() and label[0] != "0" and len(label) <= _MOST_DIGITS
    return GrantId(activity, member, label, int(label) if is_ordinal else 0)


def was_granted(
    member: Member,
    member_id: str,
    grant: GrantId,
    gift: int | None,
    rulebook: Rulebook,
    now_ms: int,
    sent_by: SentBy,
) -> bool:
    """Whether a grant of which nothing waits was made to a member, and has a gift of that place (None: whichever): it was claimed, then.

    Of an activity whose books are closed it is no longer known which were made: any counts as one.
    """
    versions = rulebook.granting_of(grant.activity)
    if not versions or escaped(member_id) != grant.member:
        return False
    if rulebook.closings.is_closed(versions[0].first_ref, now_ms):
        return True
    version = _test_sent(member_id, grant, sent_by)
    if version is None:
        versions = rulebook.launched_of(grant.activity)
        made = _MADE.get(type(versions[0])) if versions else None
        version = None if made is None else made(member, grant, versions)
    if version is None or gift is None:
        return version is not None
    of = versions if version == UNKNOWN else [rulebook.granting[version]]
    return any(gift <= len(each.terms_of(grant.ordinal).gifts) for each in of)


def _test_sent(member_id: str, grant: GrantId, sent_by: SentBy) -> int | None:
    test, _, test_id = grant.label.partition("/")
    return sent_by(member_id, grant.activity, test_id) if test == "test" and test_id else None


def _ordinal_given(member: Member, grant: GrantId, versions: Sequence[CompiledActivity]) -> int | None:
    first_ref = versions[0].first_ref
    if not 0 < grant.ordinal <= member.granted.get(first_ref, 0) or was_refused(member, first_ref, grant.ordinal):
        return None
    return made_by(member, first_ref, grant.ordinal, versions)


def _level_granted(member: Member, grant: GrantId, versions: Sequence[CompiledTierUpgrade]) -> int | None:
    program, _, rest = grant.label.partition("/")
    level, regained, gain = rest.partition("/")
    fired = f"{versions[0].first_ref}/{program}/{level}"
    if regained and not (gain.isascii() and gain.isdigit() and gain[0] != "0" and len(gain) <= _MOST_DIGITS):
        return None
    refused, refs = member.seldom.for_claims.get(fired, ()), {version.ref: version for version in versions}
    for first, last, ref in spans(member, fired, versions):
        first, last = max(first, 1), min(last, member.gained.get(fired, 0))
        # With `regain` the gain is part of the id, without it is not (spec 2.4).
        of = versions if ref == UNKNOWN else [refs[ref]]
        if not any(version.regain == bool(regained) for version in of):
            continue
        if (first <= int(gain) <= last and not is_in(refused, int(gain))) if regained else has_others(refused, first, last):
            return ref
    return None


def _run_made(member: Member, grant: GrantId, versions: Sequence[CompiledBulk]) -> int | None:
    if not was_made(member, versions, grant.label):
        return None
    return made_by(member, versions[0].first_ref, number_of(versions[-1].schedule.cycle, grant.label), versions)


# By the type of the versions: by which of them a grant was made, or one like it (its ref; UNKNOWN), None for a grant that was not. A new
# type of activity is a function and a line here.
_MADE: dict[type, Callable[..., int | None]] = {
    CompiledActivity: _ordinal_given,
    CompiledTierUpgrade: _level_granted,
    CompiledBulk: _run_made,
}
