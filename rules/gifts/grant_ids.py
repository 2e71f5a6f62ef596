"""Grant ids taken apart again (spec 2.4), and whether a member was ever granted what one names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rules.bulk.compiled import CompiledBulk
from rules.bulk.made import was_made
from rules.happened import escaped
from rules.limits.refusing import was_refused
from rules.limits.runs import is_in
from rules.rulebook.compiled import CompiledActivity, CompiledTierUpgrade
from rules.rulebook.rulebook import Rulebook
from rules.state import Member

_MOST_DIGITS = 18


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
    was_sent: Callable[[str, str], bool],
) -> bool:
    """Whether a grant of which nothing waits was made to a member, and has a gift of that place (None: whichever): it was claimed, then.

    `was_sent`: whether of an activity a test_id was sent to him. Of an activity whose books are closed it is no longer known which were
    made: any counts as one.
    """
    versions = rulebook.granting_of(grant.activity)
    if not versions or escaped(member_id) != grant.member:
        return False
    if rulebook.closings.is_closed(versions[0].first_ref, now_ms):
        return True
    made = _MADE.get(type(versions[0]))
    if not _is_test(grant, was_sent) and (made is None or not made(member, grant, versions)):
        return False
    return gift is None or any(gift <= len(version.terms_of(grant.ordinal).gifts) for version in versions)


def _is_test(grant: GrantId, was_sent: Callable[[str, str], bool]) -> bool:
    test, _, test_id = grant.label.partition("/")
    return test == "test" and bool(test_id) and was_sent(grant.activity, test_id)


def _ordinal_given(member: Member, grant: GrantId, versions: Sequence[CompiledActivity]) -> bool:
    first_ref = versions[0].first_ref
    return 0 < grant.ordinal <= member.granted.get(first_ref, 0) and not was_refused(member, first_ref, grant.ordinal)


def _level_granted(member: Member, grant: GrantId, versions: Sequence[CompiledTierUpgrade]) -> bool:
    program, _, rest = grant.label.partition("/")
    level, regained, gain = rest.partition("/")
    fired = f"{versions[0].first_ref}/{program}/{level}"
    last = member.gained.get(fired, 0)
    # With `regain` the gain is part of the id, without it is not (spec 2.4).
    if not any(version.regain == bool(regained) for version in versions):
        return False
    if not regained:
        return last > 0
    if not (gain.isascii() and gain.isdigit() and gain[0] != "0" and len(gain) <= _MOST_DIGITS):
        return False
    return int(gain) <= last and not is_in(member.seldom.refused.get(fired, ()), int(gain))


def _run_made(member: Member, grant: GrantId, versions: Sequence[CompiledBulk]) -> bool:
    return was_made(member, versions, grant.label)


# By the type of the versions. A new type of activity is a function and a line here.
_MADE: dict[type, Callable[..., bool]] = {
    CompiledActivity: _ordinal_given,
    CompiledTierUpgrade: _level_granted,
    CompiledBulk: _run_made,
}
