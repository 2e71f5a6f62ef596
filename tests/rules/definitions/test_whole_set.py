"""What holds between definitions; and that nothing the spec allows is refused."""

from __future__ import annotations

import pytest

from rules.definitions.checking import fault
from rules.definitions.checking.check import PROBLEMS_MAX, check
from rules.definitions.cumulative_spend import CumulativeSpend
from rules.definitions.kinds import parse
from rules.definitions.tier_upgrade import TierUpgrade
from tests.rules.definitions.whole import (
    ACCEPTED,
    FREE_COFFEE,
    MUG,
    PROGRAM,
    SPRING,
    UPGRADE,
    Document,
    changed,
    problems_of,
    the_problem,
    whole_set,
)


def test_a_whole_set_is_clean_and_parses() -> None:
    documents = whole_set()
    assert check(documents) == [[]] * len(documents)
    kinds = [type(parse(document)) for document in documents]
    assert kinds[-2:] == [CumulativeSpend, TierUpgrade]


@pytest.mark.parametrize("document", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_the_spec_allows_is_accepted(document: Document) -> None:
    documents = whole_set(document)
    if document["kind"] == "program":
        documents = [each for each in documents if each.get("type") != "tier_upgrade"]
    assert problems_of(documents) == []
    for each in documents:
        parse(each)


def test_all_mistakes_of_all_documents_are_found_at_once() -> None:
    spring = changed(changed(changed(SPRING, "condition.threshold", "ten"), "gifts.2.points", 0), "limits", {"total": 0})
    del spring["name"]
    found = problems_of(whole_set(spring, changed(MUG, "value", "9")))
    assert {(problem.code, problem.field) for problem in found} == {
        ("spring-100", "condition.threshold"),
        ("spring-100", "gifts[2].points"),
        ("spring-100", "limits.total"),
        ("spring-100", "name"),
        ("mug", "value"),
    }


def test_two_definitions_with_one_code_name_each_other() -> None:
    found = check([PROGRAM, SPRING, FREE_COFFEE, MUG, changed(UPGRADE, "code", "spring-100")], list("abcde"))
    assert [[problem.field for problem in problems] for problems in found] == [[], ["code"], [], [], ["code"]]
    assert "another activity has the code 'spring-100': 'e'" in found[1][0].message
    assert "'b'" in found[4][0].message


def test_one_code_for_two_kinds_is_no_mistake() -> None:
    assert problems_of(whole_set(changed(MUG, "code", "classic"))) == []


def test_a_circle_of_parents_is_shown() -> None:
    circle = [
        {"kind": "organization", "code": code, "name": code, "parent": parent}
        for code, parent in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"))
    ]
    found = check(circle)
    assert found[0][0].message.endswith("a < b < c < a")
    assert [len(problems) for problems in found] == [1, 1, 1, 0]


def test_a_wrong_definition_is_still_known_to_those_that_refer_to_it() -> None:
    wrong = changed(PROGRAM, "levels.1.threshold", "much")
    assert the_problem(whole_set(wrong)).field == "levels[1].threshold"


def test_activities_need_a_program() -> None:
    found = check([FREE_COFFEE, MUG, ACCEPTED["left out: everything optional"]])
    assert found[2][0].field == "programs"
    assert "kind: program" in found[2][0].message


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [((False, False), [["default"], []]), ((True, True), [["default"], ["default"]]), ((False, True), [[], []])],
)
def test_exactly_one_of_several_programs_is_the_default(defaults: tuple[bool, bool], expected: list[list[str]]) -> None:
    programs = [PROGRAM | {"code": f"p{number}", "default": default} for number, default in enumerate(defaults)]
    assert [[problem.field for problem in problems] for problems in check(programs)] == expected


WARNINGS: list[tuple[list[Document], str, str]] = [
    ([changed(PROGRAM, "levels.1.threshold", 10000)], "levels[1].threshold", "does not ascend"),
    (
        [
            PROGRAM,
            changed(UPGRADE, "programs", ["classic"]) | {"levels": ["other/*"]},
            PROGRAM | {"code": "other", "default": True},
        ],
        "levels[0]",
        "never fires",
    ),
    ([changed(PROGRAM, "levels.1.enabled", False), UPGRADE], "levels[0]", "disabled"),
    (whole_set(changed(SPRING, "stores", {"stores": ["web-gb", "shop-9"]})), "stores.stores[1]", "no organization has"),
    (
        [changed(changed(PROGRAM, "levels", []), "enabled", False), changed(UPGRADE, "levels", ["classic/*"])],
        "levels[0]",
        "no enabled level",
    ),
    # The whole day was meant (spec 2.1): as it is written, by the activity's zone, by its program's.
    (
        whole_set(changed(SPRING, "ends_at", "2011-07-31T00:00:00+02:00")),
        "ends_at",
        "for the whole day write 2011-07-31T23:59:59+02:00",
    ),
    (
        whole_set(changed(SPRING, "ends_at", "2011-07-30T23:00:00Z")),
        "ends_at",
        "for the whole day write 2011-07-31T23:59:59+01:00",
    ),
    (
        whole_set(changed(UPGRADE, "ends_at", "2011-07-30T23:00:00Z")),
        "ends_at",
        "for the whole day write 2011-07-31T23:59:59+01:00",
    ),
]


@pytest.mark.parametrize(("documents", "field", "said"), WARNINGS)
def test_what_is_odd_but_allowed_is_a_warning(documents: list[Document], field: str, said: str) -> None:
    problem = the_problem(documents)
    assert (problem.field, problem.warning) == (field, True)
    assert said in problem.message
    for document in documents:
        parse(document)


def test_hints_are_bounded_for_a_set_with_many_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counted(name: str, known: list[str], **options: object) -> list[str]:
        nonlocal compared
        compared += len(known)
        return [known[0]]

    monkeypatch.setattr(fault, "get_close_matches", counted)
    coupons = [MUG | {"code": f"coupon-{number}"} for number in range(400)]
    activities = [
        UPGRADE | {"code": f"a{number}", "gifts": [{"kind": "coupon", "coupon": f"kupon-{number}"}]} for number in range(400)
    ]
    found = [problem.message for problems in check([PROGRAM, *coupons, *activities]) for problem in problems]
    assert len(found) == 400 and "did you mean" in found[0] and "did you mean" not in found[-1]
    assert compared <= fault.COMPARISONS_MAX + 400


def test_very_many_problems_of_one_document_are_not_all_told() -> None:
    found = problems_of([PROGRAM | {f"field-{number}": number for number in range(5_000)}])
    assert len(found) == PROBLEMS_MAX + 1 and found[-1].message.startswith("has more than")


def test_very_many_documents_with_one_code_name_a_few() -> None:
    found = check([PROGRAM] * 300)
    assert all("and 294 more" in problems[0].message for problems in found)
