"""What each feature costs an order that is folded while it is on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.bench import Bench
from benchmarks.bytecodes import count
from benchmarks.figures import Spread, Table, ratios
from benchmarks.lighter import us_per_order
from benchmarks.load import Shape
from benchmarks.offline import Definition, Offline, Part, fetches, own_definitions
from benchmarks.sections import Result
from streams.topics import AGGREGATE_CHANGELOG

# Bytecodes are the same in every run: so few orders tell.
_COUNTED_ORDERS = 2_500
_MEASURED_FETCHES = 4
_MANY = 10**12
_TERM: Definition = {"validity": {"years": 1}}
_LOCK_IN = {"extend": {"months": 3}}


class Feature(NamedTuple):
    """`change`: the definitions with it."""

    name: str
    change: Callable[[Sequence[Definition]], list[Definition]]
    figures: bool = False

    def offline(self, keep_writes: bool = False) -> Offline:
        """A worker without a broker, where it is on."""
        return Offline(self.change(own_definitions()), figures=self.figures, keep_writes=keep_writes)


def _of_gifts(**more: object) -> Callable[[Sequence[Definition]], list[Definition]]:
    """Every coupon of every activity so; points are always released and claimed at once."""

    def change(definitions: Sequence[Definition]) -> list[Definition]:
        return [_with_gifts(each, more) if each["kind"] == "activity" else each for each in definitions]

    return change


def _with_gifts(activity: Definition, more: Definition) -> Definition:
    changed = dict(activity)
    if "gifts" in changed:
        changed["gifts"] = [gift | more for gift in changed["gifts"]]
    condition = changed.get("condition", {})
    if "steps" in condition:
        steps = [step | {"gifts": [gift | more for gift in step["gifts"]]} for step in condition["steps"]]
        changed["condition"] = condition | {"steps": steps}
    return changed


def _of_activities(**more: object) -> Callable[[Sequence[Definition]], list[Definition]]:
    """Every activity so."""
    return lambda definitions: [each | more if each["kind"] == "activity" else each for each in definitions]


def _of_program(**more: object) -> Callable[[Sequence[Definition]], list[Definition]]:
    """The program so; with a lock-in each of its levels has an amount for it."""

    def change(definitions: Sequence[Definition]) -> list[Definition]:
        return [_program(each, more) if each["kind"] == "program" else each for each in definitions]

    return change


def _program(program: Definition, more: Definition) -> Definition:
    levels = program["levels"]
    if "lock_in" in more:
        levels = [level | {"lock_in_amount": level["threshold"] // 2} for level in levels]
    return program | {"levels": levels} | more


def _with_more(*more: Definition) -> Callable[[Sequence[Definition]], list[Definition]]:
    return lambda definitions: [*definitions, *more]


def _with_benefits(definitions: Sequence[Definition]) -> list[Definition]:
    benefits = [
        {"kind": "upgrade_points", "code": "hello", "name": "Hello", "points": 100},
        {"kind": "discount", "code": "five", "name": "5% off", "percentage": 5},
        {"kind": "cash_voucher", "code": "voucher", "name": "Voucher", "amount": 500, "issue": "on_upgrade"},
        {"kind": "free_shipping_coupon", "code": "shipping", "name": "Delivery", "issue": {"every_months": 1, "day": 1}},
        {"kind": "birth_month_discount", "code": "birthday", "name": "Birthday", "percentage": 7.5},
        {"kind": "custom", "code": "lounge", "name": "Lounge"},
    ]
    return [
        each | {"levels": [level | {"benefits": benefits} for level in each["levels"]]} if each["kind"] == "program" else each
        for each in definitions
    ]


def _total(window: str, **more: object) -> Definition:
    return {"mode": "total", "window": window, **more}


_BULK: Definition = {
    "kind": "activity",
    "type": "bulk",
    "code": "away",
    "name": "To those who are away",
    "timezone": "Europe/London",
    "segment": {"all": [{"days_since_last_order": {"at_least": 60}}, {"not": {"tag": "staff"}}]},
    "schedule": {"every": "month", "on": 1, "at": "10:00"},
    "gifts": [{"kind": "coupon", "coupon": "coffee", "validity": {"days": 30}}],
}

_EACH: Definition = {"standard": {"mode": "each"}, **_TERM}
_YEAR: Definition = {"standard": _total("period", period={"months": 12}), **_TERM}
_BY_PERIOD: Definition = {**_YEAR, "lock_in": {"by": "period_total", **_LOCK_IN}}


def _everything(definitions: Sequence[Definition]) -> list[Definition]:
    for change in (
        _of_gifts(release="daily", claim="member"),
        _of_activities(limits={"per_member": 1_000, "budget": _MANY}),
        _with_benefits,
        _of_program(**_BY_PERIOD),
        _with_more(_BULK),
    ):
        definitions = change(definitions)
    return list(definitions)


NONE = Feature("none of them", list)
FEATURES = (
    Feature("gifts released daily", _of_gifts(release="daily")),
    Feature("gifts claimed by the member", _of_gifts(claim="member")),
    Feature("limits: per_member", _of_activities(limits={"per_member": 3})),
    Feature("limits: total, asked of its keeper", _of_activities(limits={"total": _MANY})),
    Feature("limits: budget, asked of its keeper", _of_activities(limits={"budget": _MANY})),
    Feature("a monthly bulk", _with_more(_BULK)),
    Feature("benefits of all six kinds on every level", _with_benefits),
    Feature("figures", list, figures=True),
    Feature("each", _of_program(**_EACH)),
    Feature("since_upgrade", _of_program(standard=_total("since_upgrade"), **_TERM)),
    Feature("period of 90 days", _of_program(standard=_total("period", period={"days": 90}), **_TERM)),
    Feature("period of 12 months", _of_program(**_YEAR)),
    Feature("the same, with spending_downgrade", _of_program(**_YEAR, spending_downgrade=True)),
    Feature("each, locked in by one order", _of_program(**_EACH, lock_in={"by": "single_order", **_LOCK_IN})),
    Feature("period of 12 months, locked in by its total", _of_program(**_BY_PERIOD)),
    Feature("all of them, by the last standard", _everything, figures=True),
)


def features(bench: Bench) -> Result:
    """All of them on the same orders, turn about."""
    fetched = fetches(bench.load(Shape(bench.until), bench.fewer_orders), int(bench.until.timestamp() * 1000))
    took: dict[Feature, list[float]] = {each: [] for each in (NONE, *FEATURES)}
    for number in range(bench.rounds):
        for feature, listed in took.items():
            listed.append(us_per_order(feature.offline(), fetched))
        bench.say(f"round {number + 1}: {took[NONE][-1]:.1f} us an order with none of them, {listed[-1]:.1f} with all")
    rows = [_row(feature, ratios(listed, took[NONE]), fetched[:_MEASURED_FETCHES]) for feature, listed in took.items()]
    columns = ["", "bytecodes an order", "CPU beside none", "bytes a member", "changelog, bytes an order", "put out, bytes"]
    return Result([Table("What a feature costs where it is on", columns, rows)])


def _row(feature: Feature, cpu: Spread, fetched: Sequence[Sequence[Part]]) -> list[str]:
    counted, orders = count(_COUNTED_ORDERS, feature.offline())
    offline = feature.offline(keep_writes=True)
    asyncio.run(offline.run(fetched))
    members = [len(data) for shard in offline.shards for data in shard.table.members.values()]
    kept = sum(len(write.data) for write in offline.writes if write.topic == AGGREGATE_CHANGELOG)
    put_out = sum(len(write.data) for write in offline.writes if write.topic != AGGREGATE_CHANGELOG)
    return [
        feature.name,
        f"{counted.bytecodes.total() / orders:,.0f}",
        cpu.text(2),
        f"{sum(members) / len(members):.0f}",
        f"{kept / offline.folded():.0f}",
        f"{put_out / offline.folded():.0f}",
    ]
