"""Why an order counted in an activity, or the first condition of spec 2.3 that kept it out. The conditions are those of the fold."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from rules.documents.accepted import Accepted
from rules.documents.purchase import Purchase
from rules.rulebook.candidates import Candidates, NamedSkus, programs_of
from rules.rulebook.chains import Chain, Standing
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.conditions import Condition, holds_at, is_of, unmet, unshared
from rules.rulebook.rulebook import Rulebook
from rules.spending.purchase import contributions
from rules.times import epoch_us


class Verdict(Struct):
    """On an order, of an activity. `version`: that holds at the order's time, `ref`: of it. `counted`: what the order adds, in `measure`
    (minor units, or pieces); 0 where it does not count, and then `kept_out` is the first condition that it does not meet, `detail` in
    words.
    """

    activity: str
    type: str
    version: int
    ref: int
    counted: int = 0
    measure: str | None = None
    kept_out: Condition | None = None
    detail: str = ""


def verdicts(accepted: Accepted, programs: str | tuple[str, ...], now_ms: int, rulebook: Rulebook) -> list[Verdict]:
    """Of every activity there is, by code. `programs`: to which the member belonged when the order was placed, as `programs_at` has them;
    `now_ms`: when the order came, by the partition's clock.
    """
    in_store = {activity.ref for activity in rulebook.in_store(accepted.time_ms, accepted.document.store_id)}
    found = []
    for chain in rulebook.chains():
        standing = chain.at(accepted.time_ms)
        # Definitions of other kinds make no grants.
        if standing is not None and standing.ref in rulebook.granting:
            question = _Question(accepted, programs_of(programs), now_ms, rulebook, in_store)
            found.append(_verdict(question, chain, standing))
    return sorted(found, key=lambda verdict: verdict.activity)


class _Question(Struct):
    accepted: Accepted
    programs: frozenset[str]
    now_ms: int
    rulebook: Rulebook
    # Refs of the activities in force that count in the order's store.
    in_store: set[int]


def _verdict(question: _Question, chain: Chain, standing: Standing) -> Verdict:
    saved = standing.saved
    verdict = Verdict(saved.code, standing.kind.name, saved.version, standing.ref)
    activity = standing.compiled
    if not isinstance(activity, CompiledActivity):
        verdict.kept_out, verdict.detail = "type", f"no order counts in a {standing.kind.name}"
        return verdict
    verdict.measure = "amount" if activity.by_amount else "pieces"
    verdict.kept_out, verdict.detail = next(_unmet(question, standing, activity), (None, ""))
    if verdict.kept_out is None:
        verdict.counted = _added(question.accepted, activity)
    return verdict


def _unmet(question: _Question, standing: Standing, activity: CompiledActivity) -> Iterator[tuple[Condition, str]]:
    """The conditions that the order does not meet, in the order of spec 2.3."""
    accepted = question.accepted
    order: Purchase = accepted.document
    placed_us = epoch_us(order.placed_at)
    if order.imported:
        yield "imported", "an order from before counts for levels only"
    if not accepted.amount:
        yield "amount", "its lines come to 0"
    if not is_of(activity, question.programs):
        his = ", ".join(sorted(question.programs)) or "none"
        yield "program", f"it is for members of {', '.join(sorted(activity.programs))}; then he belonged to {his}"
    if not standing.counts or not holds_at(activity, placed_us):
        yield "time", _when(standing, activity, placed_us)
    if activity.ref not in question.in_store:
        yield "store", f"store {order.store_id} is not listed, nor of an organization that is"
    condition = unmet(activity, order.service_type, order.channel, order.currency)
    if condition is not None:
        yield condition, _wanted(condition, activity, order)
    used = unshared(activity, order, accepted.assets)
    if used:
        yield "sharing", f"it used {used.replace('_', ' ')} that the activity may not be shared with"
    if not _added(accepted, activity):
        yield "scope", "none of its goods is in scope" if activity.by_amount else "no piece that was paid for is in scope"
    if question.rulebook.closings.is_closed(activity.first_ref, question.now_ms):
        yield "closed", "the activity was over for so long that its books were closed when the order came"


def _when(standing: Standing, activity: CompiledActivity, time_us: int) -> str:
    if standing.draft:
        return "it was a draft then"
    if standing.state != "running":
        return f"it was {standing.state} then"
    return "it had not started" if time_us < activity.from_us else "it had ended"


def _wanted(condition: Condition, activity: CompiledActivity, order: Purchase) -> str:
    wanted = {
        "service_type": (", ".join(sorted(activity.service_types)), order.service_type),
        "channel": (", ".join(sorted(activity.channels)), order.channel),
        "currency": (activity.currency, order.currency),
    }
    counted, has = wanted[condition]
    return f"it counts {counted}; the order's is {has or 'none'}"


def _added(accepted: Accepted, activity: CompiledActivity) -> int:
    """What of it is in scope, as the fold adds it."""
    if not accepted.amount:
        return 0
    pieces: int = sum(accepted.items[1::3])  # type: ignore[arg-type]
    return contributions(Candidates.of([activity], NamedSkus()), accepted.items, accepted.amount, pieces).get(activity, 0)
