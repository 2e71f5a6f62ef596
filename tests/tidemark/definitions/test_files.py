"""Definition files are read as they are written: nothing changes on the way, and what cannot be read is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rules.definitions.kinds import parse
from tidemark.definitions.files import check_definitions, has_errors, load_definitions, problem_lines
from tidemark.definitions.text import MERGED_MAX

EVERYTHING = """\
kind: program
code: classic
name: Classic
timezone: Europe/London
currency: GBP
levels:
  - {code: gold, name: Gold, threshold: 50000}
---
kind: organization
code: web
name: Web
stores: [web-gb, 10]
---
- {kind: coupon, code: free-coffee, name: A coffee, value: 300, currency: GBP}
- kind: coupon
  code: mug
  name: A mug
  value: 900
  currency: GBP
---
"""
SPRING = """\
kind: activity
type: cumulative_spend            # | tier_upgrade | bulk
code: spring-100                  # unique; for tracking
name: Spend any 100 and get a coffee   # required
description: ...
starts_at: 2010-12-01T00:00:00+00:00   # inclusive; left out: open
ends_at: 2011-12-31T23:59:59+00:00     # inclusive, that whole second; left out: open
programs: [classic]               # left out: every program
currency: GBP                     # left out: the (first) program's; other currencies do not count
timezone: Europe/London           # likewise
condition: {items: any, mode: every, measure: amount, threshold: 10000}
gifts:
  - {kind: coupon, coupon: free-coffee, quantity: 1, release: instant, validity: {days: 7}, claim: automatic}
  - {kind: coupon, coupon: mug, quantity: 2, release: instant,
     validity: {days: 30}, claim: automatic}
  - {kind: points, points: 500, release: instant}
stores: all                       # or {stores: [..], organizations: [..]}: either matches
service_types: [dine_in, delivery, self_pickup]   # left out or all three: all
channels: [pos, online]           # left out: all
not_with:                         # each left out: shareable
  coupons: all                    # or [codes]
  promotions: [half-price]        # or all
  benefits: [member_price, member_discount]
  assets: [prepaid_balance, points]
notify: {mini_programs: [main], message: coupon-arrived}
"""


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return folder


def lines_of(folder: Path) -> list[str]:
    return problem_lines(check_definitions(load_definitions(folder)))


def values_of(folder: Path) -> dict[str, object]:
    loaded = load_definitions(folder)
    assert loaded.problems == []
    (only,) = loaded.documents
    return only.document


def test_a_whole_example_is_clean_and_its_gifts_stay_as_written(tmp_path: Path) -> None:
    below = tmp_path / "activities" / "2010"
    below.mkdir(parents=True)
    written(below, spring_yml=SPRING)
    written(tmp_path, base_yaml=EVERYTHING)
    loaded = load_definitions(tmp_path)
    assert check_definitions(loaded) == []
    assert [each.document["code"] for each in loaded.documents] == ["spring-100", "classic", "web", "free-coffee", "mug"]
    assert [each.line for each in loaded.documents] == [1, 1, 9, 14, 15]
    for each in loaded.documents:
        parse(each.document)
    gifts = json.loads(json.dumps(loaded.documents[0].document["gifts"]))
    assert gifts[1]["validity"] == {"days": 30}


def test_json_is_read_as_yaml_is(tmp_path: Path) -> None:
    coupon = {"kind": "coupon", "code": "a", "name": "A", "value": 1, "currency": "GBP"}
    written(tmp_path, one_json=json.dumps(coupon), list_json=json.dumps([coupon | {"code": "b"}, coupon | {"code": "c"}]))
    loaded = load_definitions(tmp_path)
    assert [each.document["code"] for each in loaded.documents] == ["b", "c", "a"]
    assert check_definitions(loaded) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("0123", "0123"),
        ("1e5", "1e5"),
        ("10_000", "10_000"),
        ("0x10", "0x10"),
        ("12:30:45", "12:30:45"),
        ("10000", 10000),
        ("-5", -5),
        ("7.5", 7.5),
        ("'22041'", "22041"),
        ("2010-12-01", "2010-12-01"),
        ("2010-12-01T00:00:00Z", "2010-12-01T00:00:00Z"),
        ("2010-12-01 00:00:00+01:00", "2010-12-01 00:00:00+01:00"),
    ],
)
def test_yaml_values_stay_what_they_are(tmp_path: Path, text: str, value: object) -> None:
    written(tmp_path, one_yaml=f"on: {text}")
    assert values_of(tmp_path) == {"on": value}


def test_whole_numbers_become_text_where_text_is_meant_and_nowhere_else(tmp_path: Path) -> None:
    text = """
code: 2010
condition: {threshold: 100}
item_scope: {include: [22041, 0123, 85123A]}
stores: {stores: [7], organizations: [8]}
not_with: {coupons: [5], promotions: [6]}
gifts: [{coupon: 500, quantity: 2}]
levels: [{benefits: [{name: 9, code: 3}]}]
"""
    written(tmp_path, one_yaml=text)
    assert values_of(tmp_path) == {
        "code": "2010",
        "condition": {"threshold": 100},
        "item_scope": {"include": ["22041", "0123", "85123A"]},
        "stores": {"stores": ["7"], "organizations": ["8"]},
        "not_with": {"coupons": ["5"], "promotions": ["6"]},
        "gifts": [{"coupon": "500", "quantity": 2}],
        "levels": [{"benefits": [{"name": "9", "code": "3"}]}],
    }


def test_a_number_that_yaml_would_write_otherwise_must_be_quoted(tmp_path: Path) -> None:
    written(tmp_path, base_yaml=EVERYTHING, one_yaml="{kind: organization, code: x, name: X, stores: [1.10]}")
    (line,) = lines_of(tmp_path)
    assert line == f"{tmp_path / 'one.yaml'}: x: stores[0]: expected text, got 1.1: put it in quotes"


UNREADABLE = {
    "a_yaml": ("kind: [", "is not YAML: line 2, column 1"),
    "b_yaml": ("kind: a\nkind: b", "is not YAML: line 2, column 1: 'kind' is given twice"),
    "c_json": ('{"kind": ', "is not JSON: line 1"),
    "d_json": ('{"kind": 1, "kind": 2}', "'kind' is given twice"),
    "e_json": ('{"value": NaN}', "NaN is no number in JSON"),
    "half_json": ('{"kind": "coupon", "code": "\\ud83d"}', "'\\ud83d' is half of a character only"),
    "f_yaml": ("just text", "line 1: expected a definition, a mapping"),
    "g_yaml": ("kind: !!binary aGVsbG8=", "kind holds a bytes, which JSON does not know"),
    "h_yaml": ("2010: x", "the name of a field must be text, got 2010"),
    "i_yaml": ("kind: !!python/object:os.system x", "is not YAML"),
    "j_yaml": ("a: &a [*a]", "too large"),
    "k_yaml": (
        "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "\n".join(f"{after}: &{after} [{','.join(['*' + name] * 10)}]" for name, after in zip("abcdefg", "bcdefgh", strict=True)),
        "too large",
    ),
    "l_json": ("[" * 100_000, "is not JSON"),
}


# To find a million values takes a second or two.
@pytest.mark.parametrize("name", [pytest.param(each, marks=pytest.mark.slow) if each == "k_yaml" else each for each in UNREADABLE])
def test_what_cannot_be_read_is_said_and_the_rest_is_still_checked(tmp_path: Path, name: str) -> None:
    text, said = UNREADABLE[name]
    written(tmp_path, z_yaml=EVERYTHING.replace("value: 900", "value: much"), **{name: text})
    first, second = lines_of(tmp_path)
    assert first.startswith(f"{tmp_path / name.replace('_', '.')}: ")
    assert said in first
    assert second == f"{tmp_path / 'z.yaml'}: mug: value: expected an integer of 0 or more, got 'much'"


def test_bytes_that_are_not_utf_8_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"kind: \xff")
    assert lines_of(tmp_path) == [f"{tmp_path / 'a.yaml'}: is not UTF-8 text, at byte 6: save it as UTF-8"]


def test_a_document_without_a_code_is_called_by_its_line(tmp_path: Path) -> None:
    written(tmp_path, a_yaml=EVERYTHING + "kind: coupn\n")
    assert lines_of(tmp_path) == [
        f"{tmp_path / 'a.yaml'}: line 21: kind: expected 'activity', 'program', 'organization', 'coupon', "
        "'segment' or 'message_centre', got 'coupn'; did you mean 'coupon'?"
    ]


def test_one_code_in_two_files_names_the_other_file(tmp_path: Path) -> None:
    coupon = "{kind: coupon, code: mug, name: A mug, value: 900, currency: GBP}"
    written(tmp_path, a_yaml=coupon, b_yaml=coupon)
    first, second = lines_of(tmp_path)
    assert str(tmp_path / "b.yaml:1") in first
    assert str(tmp_path / "a.yaml:1") in second


def test_warnings_are_said_and_do_not_refuse(tmp_path: Path) -> None:
    written(tmp_path, a_yaml=EVERYTHING.replace("threshold: 50000}", "threshold: 2}\n  - {code: low, name: Low, threshold: 1}"))
    problems = check_definitions(load_definitions(tmp_path))
    assert not has_errors(problems)
    (line,) = problem_lines(problems)
    assert "classic: levels[1].threshold: warning: 1 does not ascend" in line


def test_a_folder_that_is_missing_or_empty_is_a_problem(tmp_path: Path) -> None:
    assert lines_of(tmp_path / "none") == [f"{tmp_path / 'none'}: there is no such folder: give the folder with the definitions"]
    written(tmp_path, readme_md="nothing", empty_yaml="# nothing\n---\n")
    (line,) = lines_of(tmp_path)
    assert "there are no definitions here: expected files named *.yaml, *.yml, *.json" in line
    assert has_errors(load_definitions(tmp_path).problems)


def test_hidden_files_are_left_out_and_one_file_will_do(tmp_path: Path) -> None:
    hidden = tmp_path / ".git"
    hidden.mkdir()
    written(hidden, bad_yaml="[")
    written(tmp_path, good_yaml=EVERYTHING)
    assert lines_of(tmp_path) == []
    assert lines_of(tmp_path / "good.yaml") == []


def test_merge_keys_that_multiply_are_refused_before_they_do(tmp_path: Path) -> None:
    levels = "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12))
    (line,) = lines_of(written(tmp_path, bomb_yaml="a0: &a0 {x: 1}\n" + levels))
    assert f"more than {MERGED_MAX} fields" in line


def test_merge_keys_bring_what_a_mapping_does_not_say_itself(tmp_path: Path) -> None:
    written(tmp_path, one_yaml="a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: &c {<<: [*a, *b], z: 3}\nd: {<<: *c, x: 4}\n")
    assert values_of(tmp_path) == {
        "a": {"x": 1, "y": 1},
        "b": {"y": 2, "z": 2},
        "c": {"x": 1, "y": 1, "z": 3},
        "d": {"x": 4, "y": 1, "z": 3},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("big: &big [" + "1, " * 2_000 + "1]\nmany: [" + "*big, " * 2_000 + "*big]", "values", marks=pytest.mark.slow),
        (f"big: &big '{'x' * 100_000}'\nmany: [" + "*big, " * 100 + "*big]", "characters"),
    ],
)
def test_aliases_that_multiply_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (line,) = lines_of(written(tmp_path, bomb_yaml=text))
    assert "is too large" in line and said in line


@pytest.mark.slow
def test_aliases_that_multiply_over_documents_are_refused(tmp_path: Path) -> None:
    text = "- &big {kind: x, list: [" + "1, " * 90_000 + "1]}\n" + "- *big\n" * 60
    loaded = load_definitions(written(tmp_path, bomb_yaml=text))
    assert len(loaded.documents) < 50
    assert any("in all" in each.problem.message for each in loaded.problems)
