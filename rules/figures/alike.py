"""Orders that count in the same activities: what of them is asked for each order, once for all of them (spec 2.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rules.rulebook.candidates import Candidates
from rules.rulebook.compiled.activity import CompiledActivity
from rules.state import Member

# Of the candidates of an order, so many sets of activities in which some lines count are remembered.
_ALIKE_MAX: Final = 1_000


class Alike:
    """`whole`: of the activities in which these orders count, those in which all of an order does; `scoped`: the others, in the order in
    which they are found. `none_granted`: as `Member.granted` says of who was counted in all of them.
    """

    __slots__ = ("none_granted", "scoped", "whole")

    def __init__(self, whole: Sequence[CompiledActivity], scoped: Sequence[CompiledActivity]) -> None:
        self.whole = whole
        self.scoped = scoped
        self.none_granted = {activity.first_ref: 0 for activity in (*whole, *scoped)}

    def first_counted(self, member: Member) -> tuple[str, ...]:
        """The codes of those in which a member is counted for the first time; from now on he was.

        Whoever has more than 0 in the sum of one was counted there; of others `granted` remembers it, with 0 where nothing was granted yet.
        """
        progress, granted = member.progress, member.granted
        found: list[str] = []
        for activity in (*self.whole, *self.scoped):
            if activity.first_ref not in granted and progress.get(activity.epoch, 0) <= 0:
                granted[activity.first_ref] = 0
                found.append(activity.code)
        return tuple(found)


def alike_of(candidates: Candidates, in_scopes: Iterable[CompiledActivity] | None, pieces: int) -> Alike:
    """Those that count in these candidates, and of the ones to which some lines do not count, in `in_scopes`; None: in all that name no
    skus. `pieces`: of all lines.
    """
    key = None if in_scopes is None else (pieces > 0, *in_scopes)
    found = candidates.alike.get(key)
    if found is None:
        if len(candidates.alike) >= _ALIKE_MAX:
            candidates.alike.clear()
        found = candidates.alike[key] = _found(candidates, in_scopes, pieces)
    return found


def _found(candidates: Candidates, in_scopes: Iterable[CompiledActivity] | None, pieces: int) -> Alike:
    if in_scopes is None:
        return Alike((*candidates.by_amount, *candidates.by_pieces, *candidates.excluding), ())
    return Alike((*candidates.by_amount, *(candidates.by_pieces if pieces else ())), tuple(in_scopes))


def amount_in_scope(activity: CompiledActivity, items: Sequence[str | int]) -> int:
    """The amount of those items (see `items_of`) that count in an activity."""
    return sum(items[at + 2] for at in range(0, len(items), 3) if activity.in_scope(items[at]))  # type: ignore[arg-type, misc]


def amounts_in_scopes(alike: Alike, additions: Mapping[CompiledActivity, int], items: Sequence[str | int]) -> Sequence[int]:
    """Of an order, by activity of `scoped`, the amount in scope. `additions`: amounts or pieces in scope, as each measures."""
    return [additions[each] if each.by_amount else amount_in_scope(each, items) for each in alike.scoped]
