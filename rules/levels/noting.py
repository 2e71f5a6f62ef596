"""Documents are noted in the ledger: those that count by history, and those that do not count by the rules of now (spec 3.6)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rules.levels.ledger import IMPORTED, NO_ORDER, NOT_COUNTED, changed, encode_number, head_of, tidied
from rules.levels.past import first_needed
from rules.local_days import LocalDays
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import MINUTE_MS, NEVER_MS, Membership
from rules.times import DAY_MS

# A ledger is put in order each time that it has grown by so many bytes; an order takes seven or so.
TIDY_BYTES: Final = 512
# One that is this large stays so, as its member buys much every day: it is put in order seldomer, the larger the more so.
_LARGE_BYTES: Final = 4_096
# Documents of one minute come together.
_MINUTES: Final = 8_192


def note(
    program: CompiledProgram, membership: Membership, time_ms: int, amount: int, now_ms: int, rulebook: Rulebook, flags: int = 0
) -> bool:
    """Notes a document of a time, and what it counts; `flags`: see `rules.levels.ledger`. Whether its record is to say when it was, as it
    is of another local day than it came on, or imported.
    """
    head, begins_ms, ends_ms = of_minute(time_ms // MINUTE_MS, program.days, flags)
    added = head + encode_number(amount)
    noted = membership.ledger = membership.ledger + added
    if len(noted) % TIDY_BYTES < len(added):
        tidy(program, membership, now_ms, rulebook)
    return not begins_ms <= now_ms < ends_ms


def tidy(program: CompiledProgram, membership: Membership, now_ms: int, rulebook: Rulebook) -> None:
    """Puts a ledger in order that has grown by TIDY_BYTES; a large one where it has grown by a quarter or so."""
    size = len(membership.ledger)
    if size // TIDY_BYTES % (1 + 2 * (size // _LARGE_BYTES)):
        return
    changes_for_days = rulebook.closings.closes_after_ms // DAY_MS
    membership.ledger = tidied(membership.ledger, first_needed(program, now_ms, changes_for_days, rulebook.keep_days))


@lru_cache(_MINUTES)
def of_minute(minute: int, days: LocalDays, flags: int) -> tuple[bytes, int, int]:
    """How an entry begins; and from when until when (epoch ms) the local day is whose documents need not say so."""
    day = days.day_of(minute * MINUTE_MS)
    head = head_of(day, flags)
    return (head, NEVER_MS, NEVER_MS) if flags else (head, days.midnight_after(day - 1), days.midnight_after(day))


def note_uncounted(
    program: CompiledProgram,
    membership: Membership,
    time_ms: int,
    amount: int,
    now_ms: int,
    rulebook: Rulebook,
    *,
    of_order: bool,
    imported: bool,
) -> None:
    """Notes one that does not count, as it is of before `active_from`, or imported where such are not included."""
    flags = NOT_COUNTED | (0 if of_order else NO_ORDER) | (IMPORTED if imported else 0)
    note(program, membership, time_ms, amount, now_ms, rulebook, flags)


def take_back_noted(membership: Membership, day: int, before: int, now: int, *, imported: bool, counted: bool) -> bool | None:
    """Has an order that is noted on a local day count another amount: whether it counts by the rules of now; None where it is not noted.
    `counted`: whether it did when it came.
    """
    if not membership.ledger:
        return None
    found = changed(membership.ledger, day, before, now, imported=imported, counts=counted)
    if found is None:
        return None
    membership.ledger, counts = found
    return counts
