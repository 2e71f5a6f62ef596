"""A version of a bulk, compiled: who gets what, and when its runs are to start (spec 2.9)."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Raw

from rules.bulk.schedule import Schedule
from rules.definitions.limits import Limits
from rules.gifts.terms import Terms
from rules.segments.predicate import Matches
from rules.times import rounded_up_ms


@dataclass(slots=True, eq=False)
class CompiledBulk:
    """`from_ms`, `until_ms`: when it is in force, within its own dates. `programs`: None where every member may take part."""

    ref: int
    first_ref: int
    version: int
    code: str
    from_ms: int
    until_ms: int
    schedule: Schedule
    matches: Matches
    programs: frozenset[str] | None
    gifts: Raw
    terms: Terms
    notify: Raw | None
    currency: str
    limits: Limits | None = None
    # Whether another version has another shape.
    reshaped: bool = False

    def hold(self, from_us: int, until_us: int) -> None:
        """Says when it is in force, within its own dates: by the whole milliseconds with which runs start."""
        self.from_ms, self.until_ms = max(self.from_ms, rounded_up_ms(from_us)), min(self.until_ms, rounded_up_ms(until_us))

    def terms_of(self, _ordinal: int) -> Terms:
        """Of the gifts of a grant: none has an ordinal."""
        return self.terms

    @property
    def shape(self) -> tuple[int, ...]:
        """How many gifts a grant has."""
        return (len(self.terms.gifts),)
