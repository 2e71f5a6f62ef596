"""Grants that are made without a keeper, of an activity to which a total or a budget is added later (spec 2.10).

Each partition counts what it makes so. Once it knows of a version that has such a limit, it tells the keeper how much that was, as a rule
before the version holds, and from then on turn by turn. The keeper decides nothing by that version before all partitions have told him:
grants that reach him sooner wait in his partition, in their order. What waits is bounded by each partition that asks: one that has
asked for too many takes no further documents until enough are decided.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import UNSET

from rules.limits.keeper import Kept, make
from rules.limits.worth import worth
from rules.times import told_us
from streams.limited import MadeWithout, encode_limited, keeper_of

if TYPE_CHECKING:
    from agents.turns.turn import Turn


def _counted(turn: Turn) -> dict[str, Kept]:
    """By activity, what the turn has granted that no keeper has decided."""
    counted: dict[str, Kept] = {}
    gifts, at, value = None, "", 0
    for each in turn.granted:
        if each.activity is None or each.test is not UNSET:
            continue
        # Of a run all have the same.
        if each.gifts is not gifts or each.occurred_at is not at:
            gifts, at = each.gifts, each.occurred_at
            value = worth(gifts, told_us(at), turn.rulebook.coupons)
        make(counted.setdefault(each.activity, Kept()), value)
    return counted


def has_untold(turn: Turn) -> bool:
    """Whether a keeper has to be told of what was made before his activity was limited."""
    made = turn.table.made
    return any(code not in made or not made[code].told for code in _limited_later(turn))


def _limited_later(turn: Turn) -> frozenset[str]:
    """The activities whose keepers are told what was made before: those of which anything may still be made."""
    return turn.rulebook.limited_later - turn.table.closed.codes


def tell_made(turn: Turn) -> None:
    """As a turn ends: remembers what was made in it without a keeper, while more may be made, and tells those keepers that there are."""
    table, rulebook, counted, later = turn.table, turn.rulebook, _counted(turn), _limited_later(turn)
    for code, kept in counted.items():
        changed = table.made_to_change(code)
        changed.made += kept.made
        changed.worth += kept.worth
    # In an order of their own: a set has none that is the same in every worker.
    for code in sorted({*counted, *later}):
        known = table.made.get(code)
        first = code in later and (known is None or not known.told)
        if first or (known is not None and known.made and code in rulebook.limited):
            changed = table.made_to_change(code)
            message = MadeWithout(code, table.partition, changed.made, changed.worth, first)
            turn.outputs.put(keeper_of(code, turn.settings.partitions), "", code, encode_limited(message))
            changed.made, changed.worth, changed.told = 0, 0, True
    _count_asked(turn)
    table.forget_made()
    turn.granted.clear()


def _count_asked(turn: Turn) -> None:
    """Remembers how many grants wait for keepers: they are bounded (agents/turns/shard.py)."""
    waiting = Counter(turn.asked)
    waiting.subtract(turn.decided)
    for code, number in waiting.items():
        changed = turn.table.made_to_change(code)
        # Of those that were asked for by a release before it is not known.
        changed.asked = max(0, changed.asked + number)
    turn.asked.clear()
    turn.decided.clear()
