"""A suggestion as lines for a terminal: what was measured, what was assumed, how it was reckoned, and what would come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidemark.suggesting.ladder import TOP_SHARE, Rung, Suggestion
from tidemark.suggesting.measured import Measured
from tidemark.suggesting.money import money
from tidemark.terminal import counted

_COUNTS = {
    "history": "all that a member spent",
    "since_upgrade": "all that a member spent (of since_upgrade this is where the first level begins: the sum starts again with each)",
    "period": "the most that a member spent within the program's period",
    "each": "a member's largest order",
}
HEADS = ("level", "from", "members", "share", "spend a year", "benefits", "cost", "gain")


def rows(suggestion: Suggestion) -> list[tuple[str, ...]]:
    """The highest level first."""
    return [_row(rung, suggestion.currency) for rung in reversed(suggestion.rungs)]


def _row(rung: Rung, currency: str) -> tuple[str, ...]:
    benefits = ", ".join(str(each["name"]) for each in rung.benefits) or "none"
    figures = (money(amount, currency) for amount in (_whole(rung.cost), _whole(rung.gain)))
    return (
        rung.name,
        money(rung.threshold, currency),
        f"{rung.members:,}",
        f"{rung.share:.0%}",
        money(_whole(rung.spend), currency),
        benefits,
        *figures,
    )


def _whole(amount: int) -> int:
    """To the nearest hundred minor units: what is projected is not known more finely."""
    return round(amount, -2)


def summary(suggestion: Suggestion, standard: str) -> Iterator[str]:
    """In words."""
    rungs, currency = suggestion.rungs, suggestion.currency
    names = ", ".join(f"{rung.name} from {money(rung.threshold, currency)}" for rung in rungs)
    yield f"{len(rungs)} level{'s' if len(rungs) > 1 else ''}: {names}. What counts is {_COUNTS[standard]}."
    top = rungs[-1]
    part = top.spend / suggestion.spend if suggestion.spend else 0.0
    yield f"{top.share:.0%} of the members would hold {top.name}, who spend {part:.0%} of all."
    even = "at no uplift" if suggestion.break_even_uplift is None else f"from an uplift of {suggestion.break_even_uplift:.1%}"
    yield (
        f"A year: benefits cost {money(_whole(suggestion.cost), currency)}, members buy {money(_whole(suggestion.gain), currency)} more; "
        f"that is {money(_whole(suggestion.profit), currency)} by the margin. It pays for itself {even}."
    )


def measured_lines(measured: Measured, suggestion: Suggestion) -> Iterator[str]:
    """What was measured, and what was given in its place."""
    currency = suggestion.currency
    if measured.buyers:
        of = "orders and refunds" if measured.source == "orders" else "the running system's members"
        buyers, orders, days = (
            counted(len(measured.buyers), "member"),
            counted(measured.orders, "order"),
            counted(measured.days, "day"),
        )
        yield f"measured of {of}: {buyers} with {orders} in {days}"
        yield (
            f"  an order is {money(measured.average_order, currency)} on average, after refunds; {measured.repurchase_rate:.1%} of the "
            "members bought again"
        )
    if measured.anonymous:
        yield f"  {measured.anonymous:,} orders are of nobody, and in none of the figures"
    if measured.passed_over:
        yield f"  {measured.passed_over:,} lines are no orders or refunds, or in another currency, and were passed over"
    for name in suggestion.overridden:
        value = f"{suggestion.repurchase_rate:.1%}" if name == "repurchase rate" else money(suggestion.average_order, currency)
        yield f"given, and not measured: {name} {value}"


def assumed_lines(suggestion: Suggestion, measured: Measured) -> Iterator[str]:
    """What was assumed."""
    assumed = suggestion.assumed
    yield "assumed, each to be overridden by its option:"
    yield f"  benefits cost at most {assumed.cost_share:.1%} of the members' spending (--cost-share)"
    yield f"  of what more is bought, {assumed.margin:.0%} is left (--margin)"
    yield f"  of those who lack one average order or less to a level, {assumed.pull:.0%} place it for that (--pull)"
    yield f"  the highest level's members buy {assumed.uplift:.1%} more for its benefits, those below in proportion (--uplift)"
    if not measured.order_amounts:
        yield f"  {assumed.in_larger_orders:.0%} of spending is in orders that a discount's minimum lets in"
    if not measured.buyers:
        yield "  whoever bought n times buys again by the repurchase rate, and every order is the average one; 1,000 members stand for all"


def reckoned_lines(suggestion: Suggestion) -> Iterator[str]:
    """How it was reckoned."""
    levels = len(suggestion.rungs)
    yield "reckoned so:"
    yield (
        f"  thresholds: the highest level is for about {TOP_SHARE[levels]:.0%} of the members; the shares who reach the others rise by one "
        "factor to all; each is what so many reach, as a round figure, no nearer to the one below than an average order"
    )
    yield (
        f"  benefits: {suggestion.assumed.birth_month_percentage}% off in the month of birth, and from the second level on a discount on "
        "orders of the average or more, as the cost allows"
    )
    yield "  a year is the time measured, in proportion"


def all_lines(suggestion: Suggestion, measured: Measured, standard: str, plot: Sequence[str]) -> list[str]:
    """Beside the table."""
    return [
        *summary(suggestion, standard),
        "",
        "members by what counts, and where levels begin:",
        *plot,
        "",
        *measured_lines(measured, suggestion),
        *assumed_lines(suggestion, measured),
        *reckoned_lines(suggestion),
    ]
