"""Every mistake in a definition is found, at its field, in words that help; and nothing that the spec allows is refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.definitions.checking.check import check
from rules.definitions.shapes import CumulativeSpend, Problem, TierUpgrade, parse

Document = dict[str, Any]

PROGRAM: Document = {
    "kind": "program",
    "code": "classic",
    "name": "Classic",
    "timezone": "Europe/London",
    "currency": "GBP",
    "enabled": True,
    "levels": [
        {"code": "silver", "name": "Silver", "threshold": 10000},
        {"code": "gold", "name": "Gold", "threshold": 50000},
    ],
}
ORGANIZATION: Document = {"kind": "organization", "code": "web", "name": "Web shops", "stores": ["web-gb", "web-fr"]}
FREE_COFFEE: Document = {"kind": "coupon", "code": "free-coffee", "name": "A coffee", "value": 300, "currency": "GBP"}
MUG: Document = {"kind": "coupon", "code": "mug", "name": "A mug", "value": 900, "currency": "GBP"}
# The whole of spec 2.1's example.
SPRING: Document = {
    "kind": "activity",
    "type": "cumulative_spend",
    "code": "spring-100",
    "name": "Spend any 100 and get a coffee",
    "description": "...",
    "starts_at": "2010-12-01T00:00:00+00:00",
    "ends_at": "2011-12-31T23:59:59+00:00",
    "programs": ["classic"],
    "currency": "GBP",
    "timezone": "Europe/London",
    "condition": {"items": "designated", "mode": "every", "measure": "amount", "threshold": 10000},
    "item_scope": {"include": ["85123A"]},
    "gifts": [
        {
            "kind": "coupon",
            "coupon": "free-coffee",
            "quantity": 1,
            "release": "instant",
            "validity": {"days": 7},
            "claim": "automatic",
        },
        {
            "kind": "coupon",
            "coupon": "mug",
            "quantity": 2,
            "release": "hourly",
            "validity": {"from": "2010-12-01T00:00:00+00:00", "to": "2010-12-24T23:59:59+00:00"},
            "claim": "member",
        },
        {"kind": "points", "points": 500, "release": "daily"},
    ],
    "stores": "all",
    "service_types": ["dine_in", "delivery", "self_pickup"],
    "channels": ["pos", "online"],
    "not_with": {
        "coupons": "all",
        "promotions": ["half-price"],
        "benefits": ["member_price", "member_discount"],
        "assets": ["prepaid_balance", "points"],
    },
    "notify": {"mini_programs": ["main"], "message": "coupon-arrived"},
}
UPGRADE: Document = {
    "kind": "activity",
    "type": "tier_upgrade",
    "code": "welcome-gold",
    "name": "Welcome to gold",
    "levels": ["classic/gold"],
    "gifts": [{"kind": "points", "points": 100}],
}
STEPS: Document = {
    "items": "any",
    "mode": "once",
    "measure": "pieces",
    "steps": [
        {"threshold": 10, "gifts": [{"kind": "points", "points": 1}]},
        {"threshold": 20, "gifts": [{"kind": "coupon", "coupon": "mug"}]},
    ],
}
LEFT_OUT = object()


def changed(document: Document, path: str, value: object) -> Document:
    """A copy with the value at a path such as gifts.0.points, or without the field."""
    document = copy.deepcopy(document)
    *way, last = path.split(".")
    place: Any = document
    for part in way:
        place = place[int(part)] if part.isdigit() else place.setdefault(part, {})
    if value is LEFT_OUT:
        del place[last]
    elif isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return document


def whole_set(*instead: Document) -> list[Document]:
    """A set without mistakes, in which documents of the same kind and code are replaced, and others added."""
    documents = {(each["kind"], each["code"]): each for each in (PROGRAM, ORGANIZATION, FREE_COFFEE, MUG, SPRING, UPGRADE)}
    documents |= {(each.get("kind"), each.get("code")): each for each in instead}
    return list(documents.values())


def problems_of(documents: list[Document]) -> list[Problem]:
    return [problem for found in check(documents) for problem in found]


def the_problem(documents: list[Document]) -> Problem:
    found = problems_of(documents)
    assert len(found) == 1, found
    return found[0]


def test_a_whole_set_is_clean_and_parses() -> None:
    documents = whole_set()
    assert check(documents) == [[]] * len(documents)
    kinds = [type(parse(document)) for document in documents]
    assert kinds[-2:] == [CumulativeSpend, TierUpgrade]


ACCEPTED = {
    "left out: everything optional": {
        "kind": "activity",
        "type": "cumulative_spend",
        "code": "small",
        "name": "Small",
        "condition": {"items": "any", "mode": "once", "measure": "amount", "threshold": 1},
        "gifts": [{"kind": "points", "points": 1}],
    },
    "excluded skus": changed(SPRING, "item_scope", {"exclude": ["POST"]}),
    "steps": changed(changed(changed(SPRING, "condition", STEPS), "gifts", LEFT_OUT), "item_scope", LEFT_OUT),
    "times in UTC and elsewhere": changed(
        changed(SPRING, "starts_at", "2010-12-01T00:00:00Z"), "ends_at", "2011-01-01T00:00:00+05:30"
    ),
    "a second long": changed(SPRING, "ends_at", SPRING["starts_at"]),
    "stores and organizations": changed(SPRING, "stores", {"stores": ["web-gb", "shop-9"], "organizations": ["web"]}),
    "organizations alone": changed(SPRING, "stores", {"organizations": ["web"]}),
    "another currency than the program's": changed(SPRING, "currency", "EUR"),
    "kept back": changed(SPRING, "draft", True),
    "nulls are fields left out": changed(changed(changed(SPRING, "item_scope.exclude", None), "notify", None), "description", None),
    "a code of another alphabet": changed(SPRING, "code", "Frühling 100:a+b"),
    "points that are claimed": changed(SPRING, "gifts.2.claim", "member"),
    "every level": changed(UPGRADE, "levels", ["classic/*", "classic/silver"]),
    "a regained level": changed(UPGRADE, "regain", True),
    "an upgrade anywhere": changed(
        changed(changed(UPGRADE, "stores", "all"), "channels", ["online", "pos"]),
        "service_types",
        ["self_pickup", "dine_in", "delivery"],
    ),
    "a program with all defaults written": PROGRAM
    | {
        "plan": "starter",
        "default": True,
        "measure": "amount",
        "standard": {"mode": "total", "window": "history", "include_imported": False},
        "validity": "permanent",
        "spending_downgrade": False,
        "lock_in": None,
        "paid": {"pricing": "unified"},
        "participating_channels": ["pos", "online"],
        "active_from": None,
        "rules": "r",
        "instructions": "i",
        "notice": "n",
        "levels": [
            {
                "code": "gold",
                "name": "Gold",
                "card_style": "#fc0",
                "badge": "star",
                "type": "basic",
                "threshold": 0,
                "enabled": True,
                "benefits": [],
            }
        ],
    },
    "a program for all channels": PROGRAM | {"participating_channels": "all", "active_from": "2010-01-01T00:00:00+00:00"},
    "a program that counts imported orders": PROGRAM | {"plan": "growth", "standard": {"include_imported": True}},
    "an organization below another": {"kind": "organization", "code": "gb", "name": "GB", "parent": "web"},
}


@pytest.mark.parametrize("document", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_the_spec_allows_is_accepted(document: Document) -> None:
    documents = whole_set(document)
    if document["kind"] == "program":
        documents = [each for each in documents if each.get("type") != "tier_upgrade"]
    assert problems_of(documents) == []
    for each in documents:
        parse(each)


# (document, path to change, value, field of the problem, what its message must say)
MISTAKES: list[tuple[Document, str, object, str, list[str]]] = [
    # kind and type
    (SPRING, "kind", LEFT_OUT, "kind", ["required", "'activity'", "'coupon'"]),
    (SPRING, "kind", "activty", "kind", ["did you mean 'activity'"]),
    (SPRING, "type", LEFT_OUT, "type", ["required", "'cumulative_spend' or 'tier_upgrade'"]),
    (SPRING, "type", "cumulative-spend", "type", ["did you mean 'cumulative_spend'"]),
    # shapes
    (SPRING, "name", LEFT_OUT, "name", ["required"]),
    (SPRING, "name", "", "name", ["empty"]),
    (SPRING, "code", 100, "code", ["got 100", "quotes"]),
    (SPRING, "code", "a/b", "code", ["without '/'", "'a/b'"]),
    (SPRING, "code", "spring\n", "code", ["a code"]),
    (SPRING, "condition.threshold", "ten", "condition.threshold", ["expected an integer of 1 or more, got 'ten'"]),
    (SPRING, "condition.threshold", 0, "condition.threshold", ["integer of 1 or more, got 0"]),
    (SPRING, "condition.threshold", 10.5, "condition.threshold", ["integer of 1 or more, got 10.5"]),
    (SPRING, "condition.threshold", True, "condition.threshold", ["got true"]),
    (SPRING, "condition.threshold", 2**60, "condition.threshold", ["at most"]),
    (SPRING, "condition", "any", "condition", ["mapping", "'threshold'"]),
    (SPRING, "condition.mode", "evry", "condition.mode", ["'every' or 'once'", "did you mean 'every'"]),
    (SPRING, "condition.treshold", 5, "condition.treshold", ["not a field", "did you mean 'threshold'"]),
    (SPRING, "colour", "red", "colour", ["not a field"]),
    (SPRING, "item_scope.include.0", 22041, "item_scope.include[0]", ["got 22041", "quotes"]),
    (SPRING, "item_scope.include.0", " ", "item_scope.include[0]", ["empty"]),
    (SPRING, "starts_at", "2010-12-01T00:00:00", "starts_at", ["offset", "'2010-12-01T00:00:00'"]),
    (SPRING, "starts_at", "2010-12-01", "starts_at", ["offset"]),
    (SPRING, "draft", "yes", "draft", ["true or false, got 'yes'"]),
    (SPRING, "stores", ["web-gb"], "stores", ["'all'", "'stores' and 'organizations'", "got a list"]),
    (SPRING, "channels", "online", "channels", ["list", "'online'"]),
    (SPRING, "channels", ["kiosk"], "channels[0]", ["'online' or 'pos'"]),
    (SPRING, "service_types", ["take_away"], "service_types[0]", ["'dine_in'"]),
    (SPRING, "not_with.coupons", "mug", "not_with.coupons", ["'all' or a list"]),
    (SPRING, "not_with.assets", ["gift_card"], "not_with.assets[0]", ["prepaid_balance"]),
    (SPRING, "gifts.0.kind", "cupon", "gifts[0].kind", ["'coupon' or 'points'", "did you mean 'coupon'"]),
    (SPRING, "gifts.0.kind", LEFT_OUT, "gifts[0].kind", ["required"]),
    (SPRING, "gifts.0.coupon", LEFT_OUT, "gifts[0].coupon", ["required"]),
    (SPRING, "gifts.2.points", 0, "gifts[2].points", ["1 or more, got 0"]),
    (SPRING, "gifts.0.quantity", 0, "gifts[0].quantity", ["1 or more"]),
    (SPRING, "gifts.0.release", "weekly", "gifts[0].release", ["'instant'"]),
    (UPGRADE, "gifts", [], "gifts", ["at least 1"]),
    (UPGRADE, "levels", [], "levels", ["at least 1"]),
    (MUG, "value", -1, "value", ["0 or more"]),
    (ORGANIZATION, "stores", "web-gb", "stores", ["list"]),
    # the world
    (SPRING, "currency", "GBB", "currency", ["ISO 4217", "did you mean"]),
    (SPRING, "currency", "gbp", "currency", ["ISO 4217"]),
    (MUG, "currency", "XQQ", "currency", ["ISO 4217"]),
    (PROGRAM, "currency", "XQQ", "currency", ["ISO 4217"]),
    (SPRING, "timezone", "Europe/Londn", "timezone", ["did you mean 'Europe/London'"]),
    (PROGRAM, "timezone", "../../etc/passwd", "timezone", ["not a timezone"]),
    # times and validity
    (SPRING, "ends_at", "2010-11-30T00:00:00+00:00", "ends_at", ["before starts_at"]),
    (SPRING, "gifts.0.validity", {}, "gifts[0].validity", ["either {days: n} or {from: time, to: time}"]),
    (SPRING, "gifts.0.validity", {"days": 0}, "gifts[0].validity.days", ["1 or more"]),
    (SPRING, "gifts.0.validity.days", "7", "gifts[0].validity.days", ["integer", "'7'"]),
    (SPRING, "gifts.0.validity.to", "2010-12-24T00:00:00Z", "gifts[0].validity", ["either"]),
    (SPRING, "gifts.1.validity.to", LEFT_OUT, "gifts[1].validity.to", ["required"]),
    (SPRING, "gifts.1.validity.to", "2010-12-24", "gifts[1].validity.to", ["offset"]),
    (SPRING, "gifts.1.validity.to", "2010-12-01T00:00:00Z", "gifts[1].validity.to", ["not after from"]),
    # conditions
    (SPRING, "condition.items", "any", "item_scope", ["designated only"]),
    (SPRING, "item_scope", LEFT_OUT, "item_scope", ["required", "include", "exclude"]),
    (SPRING, "item_scope", {}, "item_scope", ["either include or exclude"]),
    (SPRING, "item_scope.exclude", ["POST"], "item_scope", ["either include or exclude"]),
    (SPRING, "item_scope.include", [], "item_scope.include", ["at least one"]),
    (SPRING, "condition.threshold", LEFT_OUT, "condition.threshold", ["required", "every"]),
    (SPRING, "condition.steps", STEPS["steps"], "condition.steps", ["mode once only"]),
    (SPRING, "gifts", LEFT_OUT, "gifts", ["required"]),
    (ACCEPTED["steps"], "condition.threshold", 5, "condition.steps", ["either a threshold or steps"]),
    (changed(SPRING, "condition.mode", "once"), "condition.threshold", LEFT_OUT, "condition.threshold", ["a threshold or steps"]),
    (ACCEPTED["steps"], "condition.steps.1.threshold", 10, "condition.steps[1].threshold", ["more than 10, got 10"]),
    (ACCEPTED["steps"], "condition.steps.1.gifts", LEFT_OUT, "condition.steps[1].gifts", ["required"]),
    (ACCEPTED["steps"], "gifts", SPRING["gifts"], "gifts", ["steps have gifts of their own"]),
    (SPRING, "programs", [], "programs", ["leave it out for all"]),
    (SPRING, "channels", [], "channels", ["leave it out for all"]),
    (SPRING, "service_types", [], "service_types", ["leave it out for all"]),
    (SPRING, "stores", {}, "stores", ["write all"]),
    # fields of the other type
    (UPGRADE, "condition", SPRING["condition"], "condition", ["cumulative_spend only"]),
    (UPGRADE, "stores", {"stores": ["web-gb"]}, "stores", ["'all'"]),
    (UPGRADE, "channels", ["pos"], "channels", ["an upgrade is none"]),
    (UPGRADE, "service_types", ["dine_in"], "service_types", ["an upgrade is none"]),
    (UPGRADE, "not_with", {"coupons": "all"}, "not_with", ["an upgrade is none"]),
    (SPRING, "levels", ["classic/gold"], "levels", ["tier_upgrade only"]),
    (SPRING, "regain", True, "regain", ["tier_upgrade only"]),
    # references
    (SPRING, "programs", ["clasic"], "programs[0]", ["no program", "did you mean 'classic'"]),
    (SPRING, "gifts.1.coupon", "mugs", "gifts[1].coupon", ["no coupon", "did you mean 'mug'"]),
    (ACCEPTED["steps"], "condition.steps.1.gifts.0.coupon", "x", "condition.steps[1].gifts[0].coupon", ["no coupon"]),
    (SPRING, "stores", {"organizations": ["wbe"]}, "stores.organizations[0]", ["no organization"]),
    (UPGRADE, "levels", ["classic/golf"], "levels[0]", ["no level", "did you mean 'gold'"]),
    (UPGRADE, "levels", ["modern/gold"], "levels[0]", ["no program", "'modern'"]),
    (UPGRADE, "levels", ["modern/*"], "levels[0]", ["no program"]),
    (UPGRADE, "levels", ["gold"], "levels[0]", ["expected program/level"]),
    (UPGRADE, "levels", ["classic/gold/x"], "levels[0]", ["expected program/level"]),
    (ORGANIZATION, "parent", "world", "parent", ["no organization", "'world'"]),
    (ORGANIZATION, "parent", "web", "parent", ["below itself", "web < web"]),
    # programs
    (PROGRAM, "levels.1.code", "silver", "levels[1].code", ["levels[0] already"]),
    (PROGRAM, "levels.0.threshold", LEFT_OUT, "levels[0].threshold", ["required"]),
    (PROGRAM, "levels", [], "enabled", ["without an enabled level"]),
    (PROGRAM, "plan", "starter", "levels", ["at most 1", "there are 2"]),
    (PROGRAM, "plan", "lite", "levels", ["at most 0"]),
    (PROGRAM, "plan", "free", "plan", ["'growth'"]),
    (PROGRAM, "participating_channels", [], "participating_channels", ["leave it out for all"]),
    (PROGRAM, "standard.windw", "history", "standard.windw", ["did you mean 'window'"]),
]


@pytest.mark.parametrize(("document", "path", "value", "field", "said"), MISTAKES)
def test_a_mistake_is_found_at_its_field(document: Document, path: str, value: object, field: str, said: list[str]) -> None:
    wrong = changed(document, path, value)
    # Other documents may suffer from the mistake (a program without its levels); what is said of this one counts.
    others = [each for each in whole_set() if (each["kind"], each["code"]) != (document["kind"], document["code"])]
    found = [problem for problem in check([*others, wrong])[-1] if not problem.warning]
    assert [problem.field for problem in found] == [field], found
    for words in said:
        assert words in found[0].message


UNSUPPORTED: list[tuple[Document, str, object, str]] = [
    (SPRING, "type", "bulk", "type"),
    (SPRING, "limits", {"per_member": 1}, "limits"),
    (SPRING, "segment", {}, "segment"),
    (UPGRADE, "schedule", {"every": "day"}, "schedule"),
    (PROGRAM, "measure", "points", "measure"),
    (PROGRAM, "standard", {"mode": "each"}, "standard.mode"),
    (PROGRAM, "standard", {"mode": "total", "window": "since_upgrade"}, "standard.window"),
    (PROGRAM, "standard.period", {"days": 3}, "standard.period"),
    (PROGRAM, "validity", {"years": 1}, "validity"),
    (PROGRAM, "spending_downgrade", True, "spending_downgrade"),
    (PROGRAM, "lock_in", {"by": "single_order", "extend": {"years": 1}}, "lock_in"),
    (PROGRAM, "paid", {"pricing": "per_level"}, "paid.pricing"),
    (PROGRAM, "levels.0.type", "dual", "levels[0].type"),
    (PROGRAM, "levels.1.type", "paid", "levels[1].type"),
    (PROGRAM, "levels.0.lock_in_amount", 5, "levels[0].lock_in_amount"),
    (PROGRAM, "levels.0.price", 5, "levels[0].price"),
    (PROGRAM, "levels.0.prices", {"silver": 5}, "levels[0].prices"),
    (PROGRAM, "levels.0.paid_validity", {"days": 5}, "levels[0].paid_validity"),
]


@pytest.mark.parametrize(("document", "path", "value", "field"), UNSUPPORTED)
def test_what_is_not_supported_yet_is_refused_by_name(document: Document, path: str, value: object, field: str) -> None:
    problem = the_problem(whole_set(changed(document, path, value)))
    assert (problem.code, problem.field, problem.warning) == (document["code"], field, False)
    assert "is not supported yet" in problem.message


def test_all_mistakes_of_all_documents_are_found_at_once() -> None:
    spring = changed(changed(changed(SPRING, "condition.threshold", "ten"), "gifts.2.points", 0), "limits", {"total": 1})
    del spring["name"]
    found = problems_of(whole_set(spring, changed(MUG, "value", "9")))
    assert {(problem.code, problem.field) for problem in found} == {
        ("spring-100", "condition.threshold"),
        ("spring-100", "gifts[2].points"),
        ("spring-100", "limits"),
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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("active_from", "2010-01-01T00:00:00Z"),
        ("standard", {"include_imported": True}),
        ("participating_channels", ["pos"]),
    ],
)
def test_small_plans_cannot_change_how_levels_are_reached(field: str, value: object) -> None:
    program = PROGRAM | {"plan": "starter", "levels": PROGRAM["levels"][:1], field: value}
    problem = the_problem([program])
    assert problem.field == field
    assert "plan starter cannot change this" in problem.message


WARNINGS: list[tuple[list[Document], str, str]] = [
    ([changed(PROGRAM, "levels.1.threshold", 10000)], "levels[1].threshold", "does not ascend"),
    ([changed(PROGRAM, "levels.0.benefits", [{"kind": "custom", "name": "A chair", "rate": 7.5}])], "levels[0].benefits", "yet"),
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
    (
        [changed(changed(PROGRAM, "levels", []), "enabled", False), changed(UPGRADE, "levels", ["classic/*"])],
        "levels[0]",
        "no enabled level",
    ),
]


@pytest.mark.parametrize(("documents", "field", "said"), WARNINGS)
def test_what_is_odd_but_allowed_is_a_warning(documents: list[Document], field: str, said: str) -> None:
    problem = the_problem(documents)
    assert (problem.field, problem.warning) == (field, True)
    assert said in problem.message
    for document in documents:
        parse(document)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "all", "classic", "2010-12-01T00:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["kind", "days", "stores", "code", "from"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, held in inside:
        yield from paths_of(held, (*path, name))


SET_TO_BREAK = whole_set(ACCEPTED["steps"] | {"code": "steps"}, ACCEPTED["an organization below another"])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(paths_of(SET_TO_BREAK))), JSON_VALUES)
def test_whatever_a_field_holds_is_judged_and_what_is_clean_parses(path: tuple[int | str, ...], value: object) -> None:
    documents: Any = copy.deepcopy(SET_TO_BREAK)
    place = documents
    for part in path[:-1]:
        place = place[part]
    if len(path) > 1 or isinstance(value, dict):
        place[path[-1]] = value
    for document, problems in zip(documents, check(documents), strict=True):
        if all(problem.warning for problem in problems):
            parse(document)
        assert all(problem.message for problem in problems)
