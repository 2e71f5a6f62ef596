"""What a turn adds to the figures: as it stands on `figures`, once a turn (spec 2.7, 4.6)."""

from __future__ import annotations

from msgspec import Struct


class Performance(Struct, omit_defaults=True, gc=False):
    """Of one activity, over all its versions (spec 2.7). Money in minor units.

    `orders` that counted, or used a coupon that it gave; `amount`: of their lines; `refunded`: what refunds took of that; `members`: of
    these who are counted for the first time. `grants` made, and those that a limit refused. `points`, `coupons` by code and `value` by
    currency: of what was released.
    """

    orders: int = 0
    amount: int = 0
    refunded: int = 0
    members: int = 0
    grants: int = 0
    per_member: int = 0
    total: int = 0
    budget: int = 0
    points: int = 0
    coupons: dict[str, int] = {}
    value: dict[str, int] = {}

    def copied(self) -> Performance:
        """The same, apart."""
        other = Performance()
        other.add(self)
        return other

    def add(self, other: Performance) -> None:
        """All of another on top."""
        self.orders += other.orders
        self.amount += other.amount
        self.refunded += other.refunded
        self.members += other.members
        self.grants += other.grants
        self.per_member += other.per_member
        self.total += other.total
        self.budget += other.budget
        self.points += other.points
        for code, number in other.coupons.items():
            self.coupons[code] = self.coupons.get(code, 0) + number
        for currency, amount in other.value.items():
            self.value[currency] = self.value.get(currency, 0) + amount


class Cell(Struct, array_like=True, gc=False):
    """What was sold in a minute (since the epoch) of the documents' own time, in a store, on a channel and in a currency, minor units:
    orders and their amounts; refunds, when refunded, and theirs; grants that these orders made. No store: what no order brought about, and
    members who were `registered` (spec 3.9).
    """

    minute: int
    store_id: str
    channel: str
    currency: str
    orders: int = 0
    amount: int = 0
    refunds: int = 0
    refunded: int = 0
    grants: int = 0
    registered: int = 0

    def add(self, other: Cell) -> None:
        """All of another of the same place on top."""
        self.orders += other.orders
        self.amount += other.amount
        self.refunds += other.refunds
        self.refunded += other.refunded
        self.grants += other.grants
        self.registered += other.registered


class Additions(Struct, omit_defaults=True, gc=False):
    """A record: what the `turn` of a `partition` has added, by activity and by cell. `after`: the turn of the record before, of the same
    partition; -1: there is none. `minute`: of the partition's clock, since the epoch. `members`: by day since the epoch (UTC), who bought
    something of whom nothing was counted on that day before.
    """

    partition: int
    turn: int
    after: int
    minute: int
    activities: dict[str, Performance]
    cells: list[Cell]
    members: dict[int, int] = {}


def performance_row(activity: str, performance: Performance) -> dict[str, object]:
    """An activity's, as it is shown (spec 6, `--performance`)."""
    limits = ("per_member", "total", "budget")
    shown = {name: getattr(performance, name) for name in performance.__struct_fields__ if name not in limits}
    row: dict[str, object] = {"activity": activity}
    for name, value in shown.items():
        row[name] = dict(sorted(value.items())) if isinstance(value, dict) else value
        if name == "grants":
            row["refused"] = {limit: getattr(performance, limit) for limit in limits}
    return row
