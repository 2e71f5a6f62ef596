"""What goods given back take off where no order is known that they were bought with (spec 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from rules.figures.figuring import Figuring
from rules.finer import counts_in
from rules.happened import Happened
from rules.levels.cause import Case, Cause
from rules.levels.counting import counts_by
from rules.levels.entry import epoch_us, without_order
from rules.levels.noting import note_uncounted
from rules.levels.spending import spend
from rules.members import programs_at
from rules.rulebook.rulebook import Rulebook
from rules.spending.purchase import contributions
from rules.spending.sums import LARGE, check_sums, take_off
from rules.state import Member


def subtract(
    member: Member,
    document: Purchase | Refund,
    time_ms: int,
    items: Sequence[str | int],
    amount: int,
    cause: Cause,
    rulebook: Rulebook,
    happened: list[Happened],
    figures: Figuring | None = None,
) -> None:
    """Subtracts what a purchase of the items (see `items_of`, of that amount in all), in the document's store, channel and currency and at
    its time, would have added, with whatever else it may name as not used; levels are brought to what is left. Of an imported order, what
    an imported one would have. Raises InvalidDocument.
    """
    member_id = document.member_id
    assert member_id is not None
    pieces, time_us = 0, epoch_us(time_ms, cause.occurred_at)
    imported = isinstance(document, Purchase) and document.imported
    store_id, channel, currency = document.store_id, document.channel, document.currency
    if amount and not imported:
        candidates = rulebook.candidates(time_ms, store_id, channel, None, currency, programs_at(member, time_us))
        if candidates.changes_within:
            candidates = candidates.at(time_us)
        pieces = sum(items[1::3])  # type: ignore[arg-type]
        additions = contributions(candidates, items, amount, pieces)
        for activity, added in additions.items():
            take_off(member, activity, added, figured=figures is not None)
        if figures is not None:
            figures.subtract(additions, items, amount)
    if figures is not None and amount:
        figures.given_back(store_id, channel, currency, time_ms, amount)
    for membership in member.memberships:
        program = None if membership.left else rulebook.program_of(member, membership.program, cause.now_ms)
        if program is None or not counts_in(member, membership, time_us) or program.spent_in != currency:
            continue
        if not counts_by(program, time_us, imported):
            note_uncounted(program, membership, time_ms, -amount, cause.now_ms, rulebook, of_order=False, imported=imported)
        else:
            membership.spent -= amount
            spend(Case(program, member_id, member, membership, rulebook, cause, happened), without_order(time_us, amount))
    if amount > LARGE or pieces > LARGE:
        check_sums(member)
