"""By which version an activity's grants were made, where its versions differ in how many gifts they have: so that a claim of a gift that
only another version has is told from one of a gift that was claimed (spec 2.6).

Of each activity (of a tier_upgrade: of each level) numbers and refs in turn: from that number on (an ordinal, the number of a gain or of a
run's period) grants were made by a version like this one; before the first, by one like the first that was launched. So nothing is kept of
a member until a version with other gifts grants to him, and as much then as there were changes between. It stands in `Seldom.for_claims`,
under "by/" and the name of what is refused of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.gifts.terms import Granting
from rules.rulebook.rulebook import Rulebook
from rules.rulebook.shapes import Launched
from rules.state import NEVER_MS, Member

# By a version that is not known any more.
UNKNOWN = -1
# Of one activity: late orders may go back and forth between two versions. Of what was before these it is no longer known.
_MOST = 32


def remember_version(member: Member, key: int | str, number: int, version: Launched, rulebook: Rulebook) -> None:
    """A grant of that number, and those that follow it, are owed by a version. `key`: as in `Seldom.for_claims`."""
    name = _name(key)
    runs = member.seldom.for_claims.get(name, [])
    place = next((at for at in range(0, len(runs), 2) if runs[at] > number), len(runs))
    versions = rulebook.launched_of(version.code)
    before = runs[place - 1] if place else versions[0].ref
    if any(each.ref == before and each.shape == version.shape for each in versions):
        return
    # A run that was held may be made after a later one: which goes on as it was.
    after = (number + 1, before) if place < len(runs) and runs[place] > number + 1 else ()
    runs[place:place] = (number, version.ref, *after)
    if len(runs) > 2 * _MOST:
        runs[1:4] = (UNKNOWN,)
    member.seldom.for_claims[name] = runs


def made_by(member: Member, key: int | str, number: int, versions: Sequence[Granting]) -> int:
    """By which version a grant was made, or one like it: its ref; UNKNOWN. `versions`: that were launched."""
    return next(ref for first, last, ref in spans(member, key, versions) if first <= number <= last)


def spans(member: Member, key: int | str, versions: Sequence[Granting]) -> Iterator[tuple[int, int, int]]:
    """The first and the last number, and the version's ref, of all grants that there may be."""
    runs = [0, versions[0].ref, *member.seldom.for_claims.get(_name(key), ())]
    for at in range(0, len(runs), 2):
        yield runs[at], runs[at + 2] - 1 if at + 2 < len(runs) else NEVER_MS, runs[at + 1]


def _name(key: int | str) -> str:
    return f"by/{key}"
