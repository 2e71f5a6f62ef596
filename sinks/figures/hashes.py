"""What a turn adds, by the hash and the field that it is added to (docs/formats.md)."""

from __future__ import annotations

from collections.abc import Mapping

from rules.figures.additions import Additions, Cell, Performance
from sinks.figures.periods import DAYS, Period, Retention, periods

# By key: when it ends (epoch seconds, 0: never), and what is added by field.
Hashes = dict[str, tuple[int, dict[str, int]]]


def hashes_of(additions: Additions, retention: Retention, now: int, found: Hashes) -> None:
    """Adds what a turn adds to `found`. `now`: epoch seconds; what is kept no longer by then is left out."""
    known: dict[int, list[Period]] = {}

    def add(minute: int, scope: str, fields: dict[str, int]) -> None:
        if minute not in known:
            known[minute] = [period for period in periods(minute, retention) if period.ends > now]
        for period in known[minute]:
            _add(found, f"{period.name}:{scope}", period.ends, fields)

    for cell in additions.cells:
        fields = _of_cell(cell)
        add(cell.minute, "total", fields)
        if cell.store_id:
            add(cell.minute, f"store:{cell.store_id}", fields)
            add(cell.minute, f"channel:{cell.channel}", fields)
    for day, number in additions.members.items():
        *_, period = periods(day * DAYS, retention)
        if period.ends > now:
            _add(found, f"{period.name}:total", period.ends, {"members": number})
    for code, performance in additions.activities.items():
        fields = _of_activity(performance)
        _add(found, f"activity:{code}", 0, fields)
        add(additions.minute, f"activity:{code}", fields)


def _add(found: Hashes, key: str, ends: int, fields: dict[str, int]) -> None:
    _, sums = found.setdefault(key, (ends, {}))
    for field, value in fields.items():
        sums[field] = sums.get(field, 0) + value


def _of_cell(cell: Cell) -> dict[str, int]:
    money = {f"amount:{cell.currency}": cell.amount, f"refunded:{cell.currency}": cell.refunded}
    counts = {"orders": cell.orders, "refunds": cell.refunds, "grants": cell.grants, "registered": cell.registered}
    return _not_zero(counts | money)


def _of_activity(performance: Performance) -> dict[str, int]:
    plain = {name: getattr(performance, name) for name in performance.__struct_fields__ if name not in ("coupons", "value")}
    coupons = {f"coupon:{code}": number for code, number in performance.coupons.items()}
    return _not_zero(plain | coupons | {f"value:{currency}": amount for currency, amount in performance.value.items()})


def _not_zero(fields: dict[str, int]) -> dict[str, int]:
    return {field: value for field, value in fields.items() if value}


def performance_of(fields: Mapping[str, int]) -> Performance:
    """The performance data that the hash of an activity over all time holds."""
    plain = {name: value for name, value in fields.items() if ":" not in name}
    coupons = {name.removeprefix("coupon:"): value for name, value in fields.items() if name.startswith("coupon:")}
    values = {name.removeprefix("value:"): value for name, value in fields.items() if name.startswith("value:")}
    return Performance(**plain, coupons=coupons, value=values)
