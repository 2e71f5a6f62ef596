"""The benefits of levels and organizations: what is accepted, what is refused and where, and what is warned of (spec 3.8)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.benefits.kinds import BENEFIT_KINDS, benefit_of
from rules.definitions.checking.benefits import Owner, benefit_faults
from rules.definitions.checking.check import check
from rules.definitions.checking.problem import Problem
from tests.rules.definitions.whole import PROGRAM, Document, assert_found, changed

POINTS: Document = {"kind": "upgrade_points", "code": "hello", "name": "Hello", "points": 100}
DISCOUNT: Document = {"kind": "discount", "code": "five", "name": "5% off", "percentage": 5}
OFF: Document = {"kind": "discount", "code": "off", "name": "1 off", "amount": 100, "requires": {"min_amount": 2000}}
VOUCHER: Document = {"kind": "cash_voucher", "code": "voucher", "name": "A voucher", "amount": 500}
SHIPPING: Document = {"kind": "free_shipping_coupon", "code": "shipping", "name": "Free delivery"}
BIRTHDAY: Document = {"kind": "birth_month_discount", "code": "birthday", "name": "Birthday", "percentage": 7.5}
CUSTOM: Document = {"kind": "custom", "code": "chair", "name": "A chair", "icon": "chair.svg", "description": "In the lounge."}
SOUND: list[Document] = [POINTS, DISCOUNT, OFF, VOUCHER, SHIPPING, BIRTHDAY, CUSTOM]
PLUS: Document = {"code": "plus", "name": "Plus", "type": "dual", "threshold": 90000, "price": 990, "paid_validity": {"days": 30}}
RULES: list[Document] = [
    {"requires": "none"},
    {"requires": {"min_amount": 1}},
    {"requires": {"min_quantity": 3}},
    {"issue": "on_upgrade"},
    {"issue": {"yearly": "03-08"}},
    {"issue": {"yearly": "02-29"}},
    {"issue": {"every_months": 1, "day": 31}},
    {"issue": {"every_months": 12, "day": 1}},
    {"stack": {}},
    {"stack": {"automatic": True}},
    {"stack": {"automatic": False, "codes": False}},
    {"paid_only": True},
    {"icon": "i.svg", "description": ""},
]


def with_benefits(*benefits: Document) -> Document:
    """A program whose top level, a dual one, has these."""
    return changed(PROGRAM, "levels", [*PROGRAM["levels"], PLUS | {"benefits": list(benefits)}])


def problems(document: Document) -> list[Problem]:
    return check([document])[0]


def warnings(benefits: list[Document], owner: Owner = "dual") -> list[tuple[str, str]]:
    faults = list(benefit_faults(benefits, owner, "benefits"))
    assert all(fault.warning for fault in faults), faults
    return [(fault.field, fault.message) for fault in faults]


def test_there_is_one_of_each_kind_here() -> None:
    assert {document["kind"] for document in SOUND} == set(BENEFIT_KINDS)


def test_all_kinds_are_accepted_without_a_word() -> None:
    assert problems(with_benefits(*SOUND)) == []
    assert problems({"kind": "organization", "code": "bank", "name": "A bank", "benefits": [DISCOUNT, VOUCHER, CUSTOM]}) == []


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("benefit", [each for each in SOUND if each is not POINTS], ids=lambda each: each["code"])
def test_every_rule_goes_with_every_kind(benefit: Document, rule: Document) -> None:
    assert problems(with_benefits(benefit | rule)) == []
    assert benefit_of(benefit | rule) is not None


def test_plans_do_not_forbid_benefits() -> None:
    levels = [PROGRAM["levels"][0] | {"benefits": [DISCOUNT, VOUCHER]}]
    assert problems(PROGRAM | {"plan": "starter", "levels": levels}) == []


REFUSED: list[tuple[Document, str, list[str]]] = [
    (DISCOUNT | {"kind": "rebate"}, "kind", ["'discount'", "'custom'", "got 'rebate'"]),
    (DISCOUNT | {"kind": "discont"}, "kind", ["did you mean 'discount'"]),
    ({"code": "x", "name": "X"}, "kind", ["is required"]),
    ({"kind": "custom", "name": "X"}, "code", ["is required"]),
    ({"kind": "custom", "code": "x"}, "name", ["is required"]),
    (CUSTOM | {"code": "a/b"}, "code", ["without '/'"]),
    ({"kind": "upgrade_points", "code": "b", "name": "b"}, "points", ["is required"]),
    (POINTS | {"points": 0}, "points", ["1 or more"]),
    (DISCOUNT | {"percentage": 101}, "percentage", ["above 0, up to 100", "101"]),
    (DISCOUNT | {"percentage": 0}, "percentage", ["above 0"]),
    (DISCOUNT | {"percentage": "5%"}, "percentage", ["a number", "'5%'"]),
    (OFF | {"amount": 1.5}, "amount", ["an integer"]),
    (OFF | {"requires": {"min_amount": -1}}, "requires.min_amount", ["0 or more"]),
    (OFF | {"requires": {}}, "requires", ["min_amount", "min_quantity"]),
    (OFF | {"requires": {"min_amount": 1, "min_quantity": 1}}, "requires", ["min_amount", "min_quantity"]),
    (OFF | {"requires": {"min_total": 1}}, "requires.min_total", ["is not a field here"]),
    (OFF | {"requires": "nothing"}, "requires", ["'none'"]),
    (VOUCHER | {"issue": "monthly"}, "issue", ["'on_upgrade'"]),
    (VOUCHER | {"issue": {}}, "issue", ["on_upgrade", "yearly", "every_months"]),
    (VOUCHER | {"issue": {"yearly": "02-30"}}, "issue.yearly", ["a day of a year, such as '03-08'"]),
    (VOUCHER | {"issue": {"yearly": "3-8"}}, "issue.yearly", ["a day of a year"]),
    (VOUCHER | {"issue": {"yearly": "03-08", "day": 8}}, "issue.day", ["leave it out"]),
    (VOUCHER | {"issue": {"every_months": 1}}, "issue.day", ["is required"]),
    (VOUCHER | {"issue": {"every_months": 0, "day": 1}}, "issue.every_months", ["1 or more"]),
    (VOUCHER | {"issue": {"every_months": 121, "day": 1}}, "issue.every_months", ["at most 120"]),
    (VOUCHER | {"issue": {"every_months": 1, "day": 32}}, "issue.day", ["at most 31"]),
    (VOUCHER | {"issue": {"day": 1}}, "issue", ["expected on_upgrade"]),
    (VOUCHER | {"stack": {"codes": "yes"}}, "stack.codes", ["true or false"]),
    (VOUCHER | {"stack": {"code": True}}, "stack.code", ["did you mean 'codes'"]),
    (VOUCHER | {"paid_only": 1}, "paid_only", ["true or false"]),
]


@pytest.mark.parametrize(("benefit", "field", "said"), REFUSED, ids=[f"{n}-{field}" for n, (_, field, _) in enumerate(REFUSED)])
def test_what_is_refused_is_said_at_its_field(benefit: Document, field: str, said: list[str]) -> None:
    assert_found(with_benefits(benefit), "name", "Classic", f"levels[2].benefits[0].{field}", said)
    organization: Document = {"kind": "organization", "code": "bank", "name": "A bank", "benefits": [benefit]}
    assert f"benefits[0].{field}" in [problem.field for problem in problems(organization) if not problem.warning]


def test_codes_are_for_one_benefit_of_a_level_each() -> None:
    found = problems(with_benefits(DISCOUNT, VOUCHER | {"code": "five"}))
    assert [(each.field, each.warning) for each in found] == [("levels[2].benefits[1].code", False)]
    assert "is the code of benefits[0] already" in found[0].message


STACKED: list[tuple[list[Document], list[str]]] = [
    # Alone; nothing allows it in turn; the other allows codes, and is none that has one.
    ([VOUCHER | {"stack": {"codes": True}}], ["benefits[0].stack.codes"]),
    ([VOUCHER | {"stack": {"codes": True}}, SHIPPING], ["benefits[0].stack.codes"]),
    (
        [VOUCHER | {"stack": {"codes": True}}, DISCOUNT | {"stack": {"codes": True}}],
        ["benefits[0].stack.codes", "benefits[1].stack.codes"],
    ),
    ([VOUCHER | {"stack": {"codes": True}}, CUSTOM | {"stack": {"codes": True}}], ["benefits[0].stack.codes"]),
    # Each allows the other.
    ([VOUCHER | {"stack": {"codes": True}}, SHIPPING | {"stack": {"codes": True}}], []),
    ([VOUCHER | {"stack": {"automatic": True}}, DISCOUNT | {"stack": {"codes": True}}], []),
    ([VOUCHER | {"stack": {"codes": True}}, DISCOUNT | {"issue": {"yearly": "03-08"}, "stack": {"codes": True}}], []),
    # No code is allowed.
    ([VOUCHER, DISCOUNT | {"stack": {"automatic": True}}], []),
]


@pytest.mark.parametrize(("benefits", "fields"), STACKED)
def test_codes_that_are_allowed_for_nothing_are_warned_of(benefits: list[Document], fields: list[str]) -> None:
    assert "stack" not in str(warnings(benefits, "organization"))
    found = warnings(benefits)
    assert [field for field, _ in found] == fields
    assert all("nothing can be combined" in message for _, message in found)


# What is accepted and not used: nothing of it is guessed.
NOT_UNDERSTOOD: list[tuple[Document, str, str]] = [
    (DISCOUNT | {"percent": 5}, "benefits[0].percent", "did you mean 'percentage'"),
    (CUSTOM | {"rate": 7.5}, "benefits[0].rate", "is not a field of a benefit of kind custom"),
    ({"kind": "discount", "code": "x", "name": "X"}, "benefits[0]", "one of percentage and amount"),
    (DISCOUNT | {"amount": 5}, "benefits[0]", "one of percentage and amount"),
    (DISCOUNT | {"percentage": 7.125}, "benefits[0]", "two decimals at most"),
    ({"kind": "cash_voucher", "code": "x", "name": "X"}, "benefits[0]", "an amount"),
]


@pytest.mark.parametrize(("benefit", "field", "said"), NOT_UNDERSTOOD)
def test_what_is_not_understood_whole_is_shown_and_not_used(benefit: Document, field: str, said: str) -> None:
    ((at, message),) = warnings([benefit])
    assert at == field
    assert said in message
    assert "neither issued nor used" in message
    assert benefit_of(benefit) is None


ODD: list[tuple[Document, Owner, str, str]] = [
    (POINTS | {"paid_only": True}, "basic", "benefits[0].paid_only", "nobody pays"),
    (DISCOUNT | {"paid_only": True}, "organization", "benefits[0].paid_only", "nobody pays"),
    (DISCOUNT | {"paid_only": True}, "paid", "benefits[0].paid_only", "have paid"),
    (POINTS | {"issue": "on_upgrade"}, "dual", "benefits[0].issue", "it means nothing"),
    (POINTS, "organization", "benefits[0]", "never given"),
    (VOUCHER | {"issue": "on_upgrade"}, "organization", "benefits[0].issue", "not issued"),
]


@pytest.mark.parametrize(("benefit", "owner", "field", "said"), ODD)
def test_what_is_meant_for_those_of_other_levels_is_warned_of(benefit: Document, owner: Owner, field: str, said: str) -> None:
    ((at, message),) = warnings([benefit], owner)
    assert at == field
    assert said in message


def test_a_percentage_has_two_decimals_and_is_reckoned_in_whole_numbers() -> None:
    kind = BENEFIT_KINDS["birth_month_discount"]
    assert kind.worth is not None
    read: Any = benefit_of(BIRTHDAY)
    assert kind.worth(read).off(999) == 74
    assert kind.worth(read).off(1_000_000_000_000_007) == 75_000_000_000_000
