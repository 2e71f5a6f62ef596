"""What is remembered of a membership beside its sum, where levels have terms or are paid for: as much as its levels, and no list of orders.

Times of documents are epoch us, those from which documents count inclusive; days are numbers of `datetime.date.toordinal`, in the
program's zone. Kept as bytes, in the member's record.
"""

from __future__ import annotations

from msgspec import Struct, field

# No document is timed so long before or after the epoch.
NO_TIME_US = 2**62
ALWAYS_US = -NO_TIME_US
NEVER_US = NO_TIME_US
# As `rules.state` has it, which knows this.
_NEVER_MS = 2**63 - 1


class Counted(Struct, array_like=True, gc=False):
    """What counted in a term: the sum, and by level how many orders reached it, and how many its lock-in amount.

    Only what the program judges by is kept; of no level above the term's own.
    """

    total: int = 0
    reached: dict[str, int] = {}
    locking: dict[str, int] = {}


class Term(Struct, array_like=True, gc=False):
    """A level spent for, and its term.

    `last_day`: None: there is no end. `ends_ms`: the midnight that ends it, NEVER_MS for none. `from_us`: from when documents count in it.
    `number`: of the terms of this membership. `gained_at`: what gained it: each: the order's time (epoch us); period: the window's last
    day. `gained_with`: the count that it was gained with; since_upgrade: what counted from `stretch_us` until it was gained. `extended`:
    whether it was locked in. `decided`: whether an end has decided that it is held, which refunds leave as it is until the next.
    `proof`, with spending_downgrade: each: by level, how many orders reach it that are not before the one that gained this; `sure`: period:
    the most that a window from `gained_at` on came to that no refund can lower any more. `lapsed`: since_upgrade: what of `gained_with`
    does not count by another `active_from`.
    """

    level: str
    last_day: int | None
    ends_ms: int
    from_us: int
    number: int
    gained_at: int
    gained_with: int = 0
    stretch_us: int = ALWAYS_US
    extended: bool = False
    decided: bool = False
    counted: Counted = field(default_factory=Counted)
    proof: dict[str, int] = {}
    sure: int = 0
    lapsed: int = 0


class LastEnd(Struct, array_like=True, gc=False):
    """What the last end of a term saw that left a lower level: a document that comes late may show that it should not have (spec 3.5).

    `at_us`: when it was. `term`: the one that ended. `left`: the level that it left, None for none. `count`, `from_us`: of since_upgrade,
    as they would have gone on. `after`: what has counted since.
    """

    at_us: int
    term: Term
    left: str | None
    count: int = 0
    from_us: int = ALWAYS_US
    after: Counted = field(default_factory=Counted)


class PaidTerm(Struct, array_like=True, gc=False):
    """The term of a level that was paid for: kept when it is over, for payments that come late. Likewise."""

    last_day: int | None
    ends_ms: int
    runs: bool = True


class Standing(Struct, array_like=True, gc=False):
    """Where a membership stands.

    `newest_us`: of its newest document that counted. `number`: how many terms there were. `terms`: the levels spent for, lowest first, the
    last of which is the one that holds; those below it count while their terms run. `count`, `from_us`: of since_upgrade, what counted
    from then on. `days`: what counted by local day; `orders`: of the days on which more than one order counted, what each of them does
    (`rules.levels.past`). `paid`: by level that was ever paid for. `told_until`, `told_by`: until when
    the level that is held was last told to be, and by what (`rules.levels.held`).
    """

    newest_us: int = ALWAYS_US
    number: int = 0
    terms: list[Term] = []
    count: int = 0
    from_us: int = ALWAYS_US
    days: dict[int, int] = {}
    last_end: LastEnd | None = None
    paid: dict[str, PaidTerm] = {}
    told_until: int | None = None
    told_by: int = 0
    orders: dict[int, list[int]] = {}

    @property
    def next_end_ms(self) -> int:
        """When the next of its terms ends, spent or paid for; NEVER_MS where none does."""
        ends_ms = self.terms[-1].ends_ms if self.terms else _NEVER_MS
        for term in self.paid.values():
            if term.runs and term.ends_ms < ends_ms:
                ends_ms = term.ends_ms
        return ends_ms
