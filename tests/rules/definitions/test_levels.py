"""What a program's levels may be made of: every permitted combination, and every refused one with what is said of it (spec 3.1, 3.2)."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from rules.definitions.program import PLAN_LEVELS_MAX
from rules.rulebook.rulebook import Rulebook
from tests.folding import rulebook_of
from tests.rules.definitions.whole import LEFT_OUT, PROGRAM, Document, assert_found, changed, problems_of

EACH: Document = {"mode": "each"}
SINCE_UPGRADE: Document = {"mode": "total", "window": "since_upgrade"}
PERIODS: list[Document] = [{"days": 1}, {"days": 731}, {"months": 1}, {"months": 24}]
HISTORY: list[Any] = [
    LEFT_OUT,
    {},
    {"mode": "total"},
    {"window": "history"},
    {"mode": "total", "window": "history", "include_imported": True},
]
WITH_TERMS: list[Document] = [
    EACH,
    EACH | {"include_imported": False},
    SINCE_UPGRADE,
    {"window": "since_upgrade"},
    *({"mode": "total", "window": "period", "period": period} for period in PERIODS),
]
VALIDITIES: list[Any] = ["permanent", {"years": 1}, {"days": 1}, {"days": 36600}]
LOCK_INS: list[Document] = [
    {"by": by, "extend": extend}
    for by, extend in product(("single_order", "period_total"), ({"days": 3}, {"months": 2}, {"years": 1}))
]
MEASURES = ["amount", "points"]
PLUS: Document = {"code": "plus", "name": "Plus", "type": "paid", "price": 990, "paid_validity": {"days": 30}}
DUAL: Document = {
    "code": "top",
    "name": "Top",
    "type": "dual",
    "threshold": 90000,
    "price": 2000,
    "prices": {"silver": 1500},
    "paid_validity": "permanent",
}


def program(**fields: Any) -> Document:
    """With these fields; those that are left out are not there."""
    return {name: value for name, value in (PROGRAM | fields).items() if value is not LEFT_OUT}


def locked(levels: list[Document], amount: int = 5) -> list[Document]:
    """With a lock-in amount wherever spending reaches."""
    return [level if level.get("type") == "paid" else level | {"lock_in_amount": amount} for level in levels]


def assert_accepted(document: Document) -> None:
    """Published without a problem, warnings aside, and judged by."""
    assert [problem for problem in problems_of([document]) if not problem.warning] == []
    rulebook: Rulebook = rulebook_of([document])
    assert rulebook.left_out == [] and set(rulebook.programs) == {document["code"]}


@pytest.mark.parametrize(("standard", "measure"), list(product(HISTORY, MEASURES)))
def test_by_history_nothing_else_is_chosen(standard: Any, measure: str) -> None:
    assert_accepted(program(standard=standard, measure=measure))
    assert_accepted(program(standard=standard, measure=measure, validity="permanent", spending_downgrade=False))
    assert_accepted(program(standard=standard, levels=[*PROGRAM["levels"], PLUS, DUAL]))


@pytest.mark.parametrize(("standard", "validity", "downgrade"), list(product(WITH_TERMS, VALIDITIES, (False, True))))
def test_every_other_standard_goes_with_every_validity(standard: Document, validity: Any, downgrade: bool) -> None:
    for measure in MEASURES:
        assert_accepted(program(standard=standard, validity=validity, spending_downgrade=downgrade, measure=measure))


@pytest.mark.parametrize(("standard", "validity", "lock_in"), list(product(WITH_TERMS, VALIDITIES[1:], LOCK_INS)))
def test_a_limited_validity_goes_with_every_lock_in(standard: Document, validity: Any, lock_in: Document) -> None:
    levels = locked([*PROGRAM["levels"], PLUS, DUAL])
    assert_accepted(program(standard=standard, validity=validity, lock_in=lock_in, levels=levels))


@pytest.mark.parametrize("validity", ["permanent", {"days": 1}, {"months": 7}, {"years": 2}])
@pytest.mark.parametrize("pricing", [LEFT_OUT, {}, {"pricing": "unified"}, {"pricing": "per_level"}])
def test_levels_that_are_paid_for(validity: Any, pricing: Any) -> None:
    paid = [PLUS | {"paid_validity": validity}, DUAL | {"paid_validity": validity, "price": 0}]
    assert_accepted(program(paid=pricing, levels=[*PROGRAM["levels"], *paid]))
    assert_accepted(program(paid=pricing, levels=paid[:1]))


def test_who_holds_no_level_that_is_priced_cannot_buy() -> None:
    dual = {name: value for name, value in DUAL.items() if name != "price"}
    assert_accepted(program(paid={"pricing": "per_level"}, levels=[*PROGRAM["levels"], dual]))


@pytest.mark.parametrize("amount", [0, 40])
def test_a_lock_in_amount_may_stand_where_nothing_locks_in(amount: int) -> None:
    assert_accepted(program(levels=locked(PROGRAM["levels"], amount)))


def with_levels(*levels: Document, **fields: Any) -> Document:
    return program(levels=[*PROGRAM["levels"], *levels], **fields)


def without(document: Document, name: str) -> Document:
    return {key: value for key, value in document.items() if key != name}


LIMITED: Document = {"standard": EACH, "validity": {"days": 30}}
LOCK_IN: Document = LOCK_INS[0]
# (document, field of the problem, what its message must say)
REFUSED: list[tuple[Document, str, list[str]]] = [
    (program(standard={"mode": "best"}), "standard.mode", ["'each' or 'total'"]),
    (program(standard={"window": "year"}), "standard.window", ["'history'", "'since_upgrade'", "'period'"]),
    (program(standard=EACH | {"window": "history"}), "standard.window", ["is for mode total"]),
    (program(standard=EACH | {"period": {"days": 3}}), "standard.period", ["is for mode total"]),
    (program(standard=EACH | {"include_imported": True}), "standard.include_imported", ["is for the window history only"]),
    (program(standard=SINCE_UPGRADE | {"include_imported": True}), "standard.include_imported", ["imported orders never count"]),
    (program(standard=SINCE_UPGRADE | {"period": {"days": 3}}), "standard.period", ["is for the window period"]),
    (program(standard={"period": {"days": 3}}), "standard.period", ["this is history"]),
    (program(standard={"window": "period"}), "standard.period", ["is required of the window period"]),
    (program(standard={"window": "period", "period": {}}), "standard.period", ["expected one of days, months and years"]),
    (program(standard={"window": "period", "period": {"days": 3, "months": 1}}), "standard.period", ["got days and months"]),
    (program(standard={"window": "period", "period": {"years": 1}}), "standard.period.years", ["expected days or months"]),
    (program(standard={"window": "period", "period": {"days": 732}}), "standard.period.days", ["two years at most"]),
    (program(standard={"window": "period", "period": {"months": 25}}), "standard.period.months", ["two years at most"]),
    (program(standard={"window": "period", "period": {"days": 0}}), "standard.period.days", ["1 or more"]),
    (program(validity={"days": 30}), "validity", ["by history"]),
    (program(spending_downgrade=True), "spending_downgrade", ["by history"]),
    (program(standard=EACH, validity="forever"), "validity", ["'permanent'"]),
    (program(standard=EACH, validity={"years": 2}), "validity.years", ["expected 1"]),
    (program(standard=EACH, validity={"months": 6}), "validity.months", ["years: 1 or days"]),
    (program(standard=EACH, validity={}), "validity", ["expected one of"]),
    (program(standard=EACH, validity={"days": 36601}), "validity.days", ["at most 36600"]),
    (program(standard=EACH, lock_in=LOCK_IN, levels=locked(PROGRAM["levels"])), "lock_in", ["a permanent validity has none"]),
    (
        program(**LIMITED, lock_in={"by": "luck"} | {"extend": {"days": 1}}, levels=locked(PROGRAM["levels"])),
        "lock_in.by",
        ["single"],
    ),
    (program(**LIMITED, lock_in={"by": "single_order"}, levels=locked(PROGRAM["levels"])), "lock_in.extend", ["required"]),
    (program(**LIMITED, lock_in=LOCK_IN | {"extend": {}}, levels=locked(PROGRAM["levels"])), "lock_in.extend", ["one of days"]),
    (with_levels(**LIMITED, lock_in=LOCK_IN) | {"levels": PROGRAM["levels"][:1]}, "levels[0].lock_in_amount", ["is required"]),
    (program(paid={"pricing": "free"}), "paid.pricing", ["'per_level' or 'unified'"]),
    (program(measure="steps"), "measure", ["'amount' or 'points'"]),
    (with_levels(PLUS | {"type": "gift"}), "levels[2].type", ["'basic', 'dual' or 'paid'"]),
    (with_levels({"code": "x", "name": "X"}), "levels[2].threshold", ["required"]),
    (with_levels(without(DUAL, "threshold")), "levels[2].threshold", ["required"]),
    (with_levels(without(PLUS, "price")), "levels[2].price", ["required of a paid level"]),
    (with_levels(without(DUAL, "price")), "levels[2].price", ["required of a dual level"]),
    (with_levels(without(PLUS, "price"), paid={"pricing": "per_level"}), "levels[2].price", ["required of a paid level"]),
    (with_levels(without(PLUS, "paid_validity")), "levels[2].paid_validity", ["required of a paid level"]),
    (with_levels(PLUS | {"paid_validity": {"days": 1, "years": 1}}), "levels[2].paid_validity", ["got days and years"]),
    (with_levels(PLUS | {"threshold": 5}), "levels[2].threshold", ["a paid level has no use for this"]),
    (with_levels(PLUS | {"lock_in_amount": 5}), "levels[2].lock_in_amount", ["a paid level has no use for this"]),
    *(
        (changed(PROGRAM, f"levels.1.{field}", value), f"levels[1].{field}", ["a basic level has no use for this"])
        for field, value in {"price": 5, "prices": {"silver": 5}, "paid_validity": "permanent"}.items()
    ),
    (with_levels(DUAL | {"prices": {"silvr": 5}}), "levels[2].prices.silvr", ["no level with the code 'silvr'", "'silver'"]),
    (with_levels(DUAL | {"price": -1}), "levels[2].price", ["0 or more"]),
    (
        with_levels(PLUS | {"benefits": [{"kind": "upgrade_points", "code": "b", "name": "b"}]}),
        "levels[2].benefits[0].points",
        ["required"],
    ),
    (
        with_levels(PLUS | {"benefits": [{"kind": "upgrade_points", "code": "b", "name": "b", "points": 1}] * 2}),
        "levels[2].benefits[1].code",
        ["is the code of benefits[0] already"],
    ),
]


@pytest.mark.parametrize(("document", "field", "said"), REFUSED, ids=[f"{n}-{field}" for n, (_, field, _) in enumerate(REFUSED)])
def test_what_is_refused_is_said_at_its_field(document: Document, field: str, said: list[str]) -> None:
    assert_found(document, "name", "Classic", field, said)


# Of each setting that small plans cannot change, another value than its default (spec 3.1).
CHANGED: dict[str, Document] = {
    "active_from": {"active_from": "2010-01-01T00:00:00Z"},
    "measure": {"measure": "points"},
    "standard": {"standard": EACH},
    "paid": {"paid": {"pricing": "per_level"}},
}
ANY_PLAN: Document = {
    "participating_channels": ["pos"],
    "rules": "r",
    "instructions": "i",
    "notice": "n",
    "order_url": "https://shop.example/order",
    "default": True,
}


@pytest.mark.parametrize(("plan", "field"), list(product(("lite", "starter"), CHANGED)))
def test_small_plans_change_nothing_of_how_levels_are_reached(plan: str, field: str) -> None:
    levels = PROGRAM["levels"][: PLAN_LEVELS_MAX[plan]]
    document = program(plan=plan, levels=levels, enabled=LEFT_OUT, **CHANGED[field])
    assert_found(document, "name", "Classic", field, [f"plan {plan} cannot change this"])


@pytest.mark.parametrize("field", ["validity", "spending_downgrade", "lock_in"])
def test_nor_do_they_have_terms(field: str) -> None:
    fields = LIMITED | {"spending_downgrade": True, "lock_in": LOCK_IN}
    document = program(plan="starter", levels=locked(PROGRAM["levels"][:1]), **fields)
    found = {problem.field for problem in problems_of([document])}
    assert found == {"standard", "validity", "spending_downgrade", "lock_in"} and field in found


@pytest.mark.parametrize("plan", PLAN_LEVELS_MAX)
def test_what_every_plan_may_set(plan: str) -> None:
    most = PLAN_LEVELS_MAX[plan]
    levels = [{"code": f"l{n}", "name": f"L{n}", "threshold": n, "enabled": n != 2} for n in range(most + 1)]
    assert_accepted(program(plan=plan, levels=levels[:most], enabled=LEFT_OUT, **ANY_PLAN))
    assert_found(program(plan=plan, levels=levels, enabled=LEFT_OUT), "name", "Classic", "levels", [f"at most {most}"])


@pytest.mark.parametrize("plan", ["growth", "pro"])
def test_larger_plans_may_set_everything(plan: str) -> None:
    fields = LIMITED | {"spending_downgrade": True, "lock_in": LOCK_IN, "paid": {"pricing": "per_level"}, "measure": "points"}
    assert_accepted(program(plan=plan, levels=locked([*PROGRAM["levels"], DUAL]), **fields))
