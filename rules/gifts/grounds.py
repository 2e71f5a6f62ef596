"""On what ground a gift is released that was not released with its grant (spec 2.6). A bulk's always stands."""

from __future__ import annotations

from collections.abc import Callable

from rules.gifts.terms import Granting
from rules.gifts.waiting import Unreleased
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.compiled.tier_upgrade import CompiledTierUpgrade
from rules.rulebook.epochs import fold
from rules.rulebook.rulebook import Rulebook
from rules.spending.ordinals import earned, total
from rules.state import Member


def stands_up_to(member: Member, version: Granting, waits: Unreleased, rulebook: Rulebook, now_ms: int) -> int:
    """The last of its ordinals for which the ground stands now; one less than the first, where it does for none. A grant without an ordinal
    counts as the one ordinal 0.
    """
    ground = _GROUNDS.get(type(version))
    return waits.last if ground is None else ground(member, version, waits, rulebook, now_ms)


def _sums(member: Member, activity: CompiledActivity, waits: Unreleased, _rulebook: Rulebook, _now_ms: int) -> int:
    """The sums still earn the ordinal; of `once`, they still reach the threshold of the grant's version."""
    if activity.folded:
        fold(member, activity)
    if activity.every:
        return max(waits.first - 1, min(waits.last, earned(member, activity)))
    threshold = activity.steps[waits.first - 1] if activity.steps else activity.threshold
    return waits.last if total(member, activity) >= threshold else waits.first - 1


def _level(member: Member, _upgrade: CompiledTierUpgrade, waits: Unreleased, rulebook: Rulebook, now_ms: int) -> int:
    """The member holds that level of that program, or a higher one; of a program that is off, none (spec 3.7)."""
    program_code, level = waits.label.split("/")[:2]
    program = rulebook.program_of(member, program_code, now_ms)
    held = next((each.level for each in member.memberships if each.program == program_code and not each.left), None)
    if program is None or program.off or held is None:
        return -1
    positions = program.positions
    return 0 if held == level or (level in positions and positions.get(held, -1) >= positions[level]) else -1


# By the type of the version. A new type of activity whose gifts need a ground is a function and a line here.
_GROUNDS: dict[type, Callable[..., int]] = {CompiledActivity: _sums, CompiledTierUpgrade: _level}
