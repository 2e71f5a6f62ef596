"""That another choice than the best was made at a till (spec 3.10)."""

from __future__ import annotations

from msgspec import Struct


class BenefitsChosen(Struct, gc=False):
    """On `choices`: who allowed it, and when; where; and what was chosen in place of what, with what each takes off (minor units).
    `chosen`, `best`: ids of benefits, as `tidemark quote` has them.
    """

    choice_id: str
    member_id: str | None
    by: str
    at: str
    store_id: str | None
    terminal_id: str | None
    currency: str
    amount: int
    chosen: list[str]
    chosen_total: int
    best: list[str]
    best_total: int
