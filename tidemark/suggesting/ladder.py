"""A ladder of basic levels proposed, with what it would cost and bring (spec 3.12): of what is measured, and what is assumed by name.

How it is reckoned. The first level is everybody's. The shares of the members who reach the others fall by one factor from each to the next,
down to TOP_SHARE; a threshold is what so many members reach, rounded to a figure that one can say, and no nearer to the one below than an
average order (by one order: than half of one). Nothing measured: spending is taken to fall off as the repurchase rate has it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import floor, log10

from msgspec import Struct

from rules.currencies import MINOR_UNITS
from tidemark.suggesting.measured import Buyer, Measured

LEVELS_MAX = 5
# Of the members, who reach the highest level, by the number of levels.
TOP_SHARE = {1: 0.3, 2: 0.2, 3: 0.1, 4: 0.05, 5: 0.03}
_NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
# Members that are imagined where none are measured.
_IMAGINED = 1_000
_ORDERS_MOST = 200
_YEAR_DAYS = 365


class Assumed(Struct, frozen=True):
    """What no order says. `cost_share`: of the members' spending, what benefits may cost at most. `margin`: of what more is bought.
    `pull`: of those who lack at most one average order to the next level, how many place it for that. `uplift`: by how much the highest
    level's members buy more for its benefits; those of the levels below in proportion.
    """

    cost_share: float = 0.02
    margin: float = 0.4
    pull: float = 0.2
    uplift: float = 0.05
    # Of an order's amount, where orders are not known singly: the part in orders that a discount's minimum lets in.
    in_larger_orders: float = 0.7
    birth_month_percentage: int = 5


class Rung(Struct):
    """A level: who would hold it (`members`, and their `share`), who would reach it; a year's `spend` of its holders, what its benefits
    `cost`, and how much more would be bought (`gain`), minor units. `benefits`: as a program has them.
    """

    code: str
    name: str
    threshold: int
    members: int
    share: float
    reached: int
    spend: int
    cost: int
    gain: int
    discount_percentage: int
    benefits: list[dict[str, object]]

    def document(self) -> dict[str, object]:
        """As a program has it."""
        return {"code": self.code, "name": self.name, "type": "basic", "threshold": self.threshold, "benefits": self.benefits}


class Suggestion(Struct):
    """`average_order`, `repurchase_rate`: by which it was reckoned, `overridden`: which of them were given and not measured. `profit`:
    margin of the gain less the cost, a year; `break_even_uplift`: the uplift of the highest level at which it would be 0; null where no
    uplift could.
    """

    currency: str
    members: int
    orders: int
    days: int
    source: str
    average_order: int
    repurchase_rate: float
    overridden: list[str]
    rungs: list[Rung]
    spend: int
    cost: int
    gain: int
    profit: int
    break_even_uplift: float | None
    assumed: Assumed


class Weighed(Struct, frozen=True):
    """Members by what counts for them, ascending; each stands for `weight` members."""

    buyers: list[Buyer]
    weights: list[float]
    at_least: list[float]

    @classmethod
    def of(cls, buyers: Sequence[Buyer], weights: Sequence[float]) -> Weighed:
        """`at_least`: of each, the weight of him and those above."""
        pairs = sorted(zip(buyers, weights, strict=True))
        total, at_least = 0.0, []
        for _, weight in reversed(pairs):
            total += weight
            at_least.append(total)
        return cls([each for each, _ in pairs], [each for _, each in pairs], at_least[::-1])

    @property
    def total(self) -> float:
        """All of them."""
        return self.at_least[0] if self.at_least else 0.0

    def reaching(self, threshold: int) -> float:
        """How many reach a threshold."""
        at = bisect_left(self.buyers, threshold, key=lambda buyer: buyer.counted)
        return self.at_least[at] if at < len(self.at_least) else 0.0

    def reached_by(self, share: float) -> int:
        """What at least so large a share of them reaches."""
        wanted = share * self.total
        for buyer, at_least in zip(reversed(self.buyers), reversed(self.at_least), strict=True):
            if at_least >= wanted:
                return buyer.counted
        return 0


def suggest(
    measured: Measured,
    levels: int,
    standard: str,
    assumed: Assumed,
    average_order: int | None = None,
    repurchase_rate: float | None = None,
) -> Suggestion:
    """`average_order` (minor units), `repurchase_rate`: in place of what was measured; both must be given where nothing was, and the
    currency be known.
    """
    average = average_order or measured.average_order
    rate = measured.repurchase_rate if repurchase_rate is None else repurchase_rate
    weighed = weigh(measured, average, rate, repurchase_rate is not None)
    thresholds = _thresholds(weighed, levels, average, measured.currency, standard)
    a_year = _YEAR_DAYS / measured.days if measured.days else 1.0
    rungs = [_rung(weighed, thresholds, at, a_year) for at in range(levels)]
    spend = sum(rung.spend for rung in rungs)
    least = nice(average, measured.currency)
    _give(rungs, spend, _part_in_orders(measured, least, assumed), least, assumed)
    pulled = _pulled(weighed, thresholds, average, assumed)
    _gain(rungs, pulled, assumed)
    cost, gain = sum(rung.cost for rung in rungs), sum(rung.gain for rung in rungs)
    given = {"average order value": average_order is not None, "repurchase rate": repurchase_rate is not None}
    return Suggestion(
        measured.currency,
        round(weighed.total),
        measured.orders,
        measured.days,
        measured.source,
        average,
        rate,
        [name for name, overridden in given.items() if overridden],
        rungs,
        spend,
        cost,
        gain,
        round(assumed.margin * gain) - cost,
        _break_even(rungs, sum(pulled), cost, assumed),
        assumed,
    )


def weigh(measured: Measured, average: int, rate: float, rate_given: bool) -> Weighed:
    """The members, as what was given has them: spending in proportion to the average order, and those who bought again as many as the rate
    says. Where nobody was measured, orders of the average go on with each by the repurchase rate.
    """
    if not measured.buyers:
        weights = [_IMAGINED * rate ** (number - 1) * (1 - rate) for number in range(1, _ORDERS_MOST)]
        return Weighed.of([Buyer(number * average, number * average, number) for number in range(1, _ORDERS_MOST)], weights)
    scale = average / measured.average_order if measured.average_order else 1.0
    buyers = [Buyer(round(each.counted * scale), round(each.spent * scale), each.orders) for each in measured.buyers]
    again, once = _weights(measured.repurchase_rate, rate) if rate_given else (1.0, 1.0)
    return Weighed.of(buyers, [again if each.orders > 1 else once for each in buyers])


def _weights(was: float, now: float) -> tuple[float, float]:
    """How many each stands for who bought again, and who bought once."""
    return now / was if was else 1.0, (1 - now) / (1 - was) if was < 1 else 1.0


def _thresholds(weighed: Weighed, levels: int, average: int, currency: str, standard: str) -> list[int]:
    top = TOP_SHARE[levels]
    found: list[int] = [] if levels == 1 else [0]
    for at in range(len(found), levels):
        share = top if levels == 1 else top ** (at / (levels - 1))
        below = found[-1] if found else 0
        least = below + (max(average // 2, 1) if standard == "each" else average)
        threshold = nice(max(weighed.reached_by(share), least), currency)
        # Rounded down it may be too near.
        while threshold < least:
            threshold = nice(threshold, currency, above=True)
        found.append(threshold)
    return found


def nice(amount: int, currency: str, above: bool = False) -> int:
    """The nearest figure that one can say, in minor units, 1 at least; `above`: the next one."""
    unit: int = 10 ** MINOR_UNITS.get(currency, 2)
    whole = max(amount / unit, 1 / unit)
    power = 10 ** floor(log10(whole))
    figures: list[int] = sorted({max(1, round(each * scale * unit)) for scale in (power / 10, power, power * 10) for each in _NICE})
    if above:
        return next(figure for figure in figures if figure > amount)
    return min(figures, key=lambda figure: abs(figure - amount))


_NAMES = ("Bronze", "Silver", "Gold", "Platinum", "Diamond")


def _rung(weighed: Weighed, thresholds: Sequence[int], at: int, a_year: float) -> Rung:
    above = thresholds[at + 1] if at + 1 < len(thresholds) else None
    reached = weighed.reaching(thresholds[at])
    held = reached - (0.0 if above is None else weighed.reaching(above))
    spend = sum(
        buyer.spent * weight
        for buyer, weight in zip(weighed.buyers, weighed.weights, strict=True)
        if thresholds[at] <= buyer.counted and (above is None or buyer.counted < above)
    )
    share = held / weighed.total if weighed.total else 0.0
    name = _NAMES[at]
    return Rung(name.lower(), name, thresholds[at], round(held), share, round(reached), round(spend * a_year), 0, 0, 0, [])


def _part_in_orders(measured: Measured, least: int, assumed: Assumed) -> float:
    """Of the amount of orders, the part in those of at least so much."""
    whole = sum(measured.order_amounts)
    return sum(each for each in measured.order_amounts if each >= least) / whole if whole else assumed.in_larger_orders


def _give(rungs: Sequence[Rung], spend: int, part: float, least: int, assumed: Assumed) -> None:
    """Gives each level its benefits: a discount in the month of birth, and from the second on one on larger orders, as much as the cost
    allows.
    """
    birth = assumed.birth_month_percentage
    last = max(1, len(rungs) - 1)
    places = [max(at, 1) if len(rungs) == 1 else at for at in range(len(rungs))]
    budget = assumed.cost_share * spend
    for top in range(15, -1, -1):
        for at, rung in zip(places, rungs, strict=True):
            rung.discount_percentage = max(1, top * at // last) if at and top else 0
            of_birth = 0 if rung.discount_percentage >= birth else birth / 100 * rung.spend / 12
            rung.cost = round(of_birth + rung.discount_percentage / 100 * rung.spend * part)
        if sum(rung.cost for rung in rungs) <= budget:
            break
    for rung in rungs:
        rung.benefits = _benefits(rung, least, assumed)


def _benefits(rung: Rung, least: int, assumed: Assumed) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    percentage, birth = rung.discount_percentage, assumed.birth_month_percentage
    if percentage < birth:
        found.append({"kind": "birth_month_discount", "code": "birthday", "name": f"{birth}% in your month", "percentage": birth})
    if percentage:
        found.append(
            {
                "kind": "discount",
                "code": "off",
                "name": f"{percentage}% off larger orders",
                "percentage": percentage,
                "requires": {"min_amount": least},
            }
        )
    return found


def _pulled(weighed: Weighed, thresholds: Sequence[int], average: int, assumed: Assumed) -> list[float]:
    """By level, what those place who lack at most an average order to it, and do so for it."""
    near = [
        weighed.reaching(max(1, threshold - average)) - weighed.reaching(threshold) if threshold else 0.0
        for threshold in thresholds
    ]
    return [assumed.pull * each * average for each in near]


def _gain(rungs: Sequence[Rung], pulled: Sequence[float], assumed: Assumed) -> None:
    for at, rung in enumerate(rungs):
        rung.gain = round(pulled[at] + assumed.uplift * _part(at, rungs) * rung.spend)


def _part(at: int, rungs: Sequence[Rung]) -> float:
    """Of the uplift, what a level has."""
    return 1.0 if len(rungs) == 1 else at / (len(rungs) - 1)


def _break_even(rungs: Sequence[Rung], pulled: float, cost: int, assumed: Assumed) -> float | None:
    lifted = assumed.margin * sum(_part(at, rungs) * rung.spend for at, rung in enumerate(rungs))
    return max(0.0, (cost - assumed.margin * pulled) / lifted) if lifted else None
