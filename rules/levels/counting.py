"""What of spending counts towards levels (spec 1.1, 1.7, 3.1, 3.3)."""

from __future__ import annotations

from typing import Final

from rules.documents.kind import Assets
from rules.rulebook.compiled.program import CompiledProgram

# These do not count towards levels: they were counted when they were bought (spec 3.3).
_LEFT_OUT: Final = ("gift_card", "group_voucher")


def counted_amount(assets: Assets, amount: int) -> int:
    """What of an order counts towards levels: its lines less what gift cards and group vouchers paid, at least 0 (spec 3.3)."""
    for method in _LEFT_OUT:
        amount -= assets.get(method, 0)
    return amount if amount > 0 else 0


def counted_after_refunds(counted: int, lines_left: int, lines_at_first: int) -> int:
    """What still counts of an order once some of its lines' amount was given back, rounded down (spec 3.3)."""
    return counted * lines_left // lines_at_first if lines_at_first else 0


def counts_by(program: CompiledProgram, time_us: int, imported: bool) -> bool:
    """Whether what is of a time (epoch us) counts by a program's rules of now (spec 1.1, 3.1)."""
    return program.active_from_us <= time_us and (not imported or program.include_imported)
