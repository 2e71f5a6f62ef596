"""`tidemark suggest` as a user runs it (spec 3.12, 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from broker.embedded import EmbeddedBroker
from tests.command import tidemark
from tests.oracle.examples import at, order, program
from tests.standing import Standing
from tidemark.definitions.files import load_definitions

ORDERS = [order(f"o{n}", at(1 + n % 20), ("x", 1, 1_000 + 150 * n), member_id=f"m{n % 40}") for n in range(100)]
EMPTY = """kind: program
# What the card is called.
code: classic
name: Classic
currency: GBP
"""


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in ORDERS))
    return path


def suggested(*arguments: str | Path) -> dict[str, Any]:
    ran = tidemark("suggest", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def refused(*arguments: str | Path) -> str:
    ran = tidemark("suggest", *arguments)
    assert (ran.returncode, ran.stdout) == (1, "") and "Traceback" not in ran.stderr
    return ran.stderr


def test_it_says_what_was_measured_what_assumed_and_how_it_was_reckoned(orders: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"
    ran = tidemark("suggest", orders, "--levels", "3", "--plot", plot)
    assert ran.returncode == 0, ran.stderr
    for said in (
        "Gold",
        "measured of orders and refunds: 40 members with 100 orders",
        "assumed, each to be overridden",
        "reckoned so:",
    ):
        assert said in ran.stdout
    assert "█" in ran.stdout and "┄ Silver" in ran.stdout and "It pays for itself from an uplift of" in ran.stdout
    drawn = ElementTree.fromstring(plot.read_text())
    assert drawn.tag.endswith("svg") and any(each.text == "Gold" for each in drawn.iter())


def test_one_step_puts_it_into_an_empty_program(orders: Path, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    file = folder / "program.yaml"
    file.write_text(EMPTY)
    found = suggested(orders, "--levels", "2", "--program", file, "--apply")
    assert "# What the card is called." in file.read_text()
    assert tidemark("check", folder).returncode == 0
    assert [rung["code"] for rung in found["rungs"]] == ["bronze", "silver"] and "code: silver" in file.read_text()
    assert "has levels, and members may hold them" in refused(orders, "--program", file, "--apply")
    # Without --apply it can be looked at, whatever levels there are.
    assert suggested(orders, "--program", file)["rungs"]


@pytest.mark.parametrize(
    "text",
    [
        "{kind: program, code: classic, name: Classic, currency: GBP}\n",
        EMPTY + "...\n",
        EMPTY + "rules: |\n  Be kind.\n\n\n",
        "[{kind: program, code: classic, name: Classic, currency: GBP}]\n",
    ],
)
def test_however_the_program_is_written_its_file_is_sound_afterwards(orders: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "program.yaml"
    file.write_text(text)
    assert tidemark("check", tmp_path).returncode == 0
    found = suggested(orders, "--levels", "2", "--program", file, "--apply")
    (document,) = [each.document for each in load_definitions(file).documents]
    assert document["code"] == "classic" and tidemark("check", tmp_path).returncode == 0
    levels = document["levels"]
    assert isinstance(levels, list)
    assert [level["threshold"] for level in levels] == [rung["threshold"] for rung in found["rungs"]]


@pytest.mark.parametrize("none", ["levels: []\n", "levels:\n"])
def test_levels_stand_where_it_said_that_there_are_none_and_comments_stay(orders: Path, tmp_path: Path, none: str) -> None:
    file = tmp_path / "program.yaml"
    file.write_text(none + EMPTY)
    assert len(suggested(orders, "--levels", "2", "--program", file, "--apply")["rungs"]) == 2
    assert "# What the card is called." in file.read_text() and tidemark("check", tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"levels": [{"code": "vip", "name": "VIP", "type": "paid", "price": 1, "paid_validity": "permanent"}]},
            "is paid: a ladder",
        ),
        ({"plan": "starter"}, "has at most 1 levels"),
        ({"measure": "points"}, "measures points"),
        ({"standard": {"mode": "never"}}, "`tidemark check` says all that is wrong"),
    ],
)
def test_it_is_refused_for_some_programs(orders: Path, tmp_path: Path, more: dict[str, Any], said: str) -> None:
    file = tmp_path / "program.json"
    file.write_text(json.dumps(program() | more))
    assert said in refused(orders, "--program", file, "--levels", "2")


def test_without_orders_it_needs_to_be_told(tmp_path: Path) -> None:
    assert "--average-order, --repurchase-rate and --currency" in refused()
    found = suggested("--average-order", "2000", "--repurchase-rate", "0.5", "--currency", "GBP")
    assert found["overridden"] == ["average order value", "repurchase rate"] and found["source"] == "nothing"
    assert "there is no file" in refused(tmp_path / "none.jsonl") and "--apply needs the program" in refused("--sample", "--apply")


def test_where_nothing_can_be_measured_it_says_what_the_lines_are(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_text(
        "{nope\n" + json.dumps(ORDERS[0]) + "\n" + json.dumps(ORDERS[1] | {"member_id": None, "currency": "EUR"}) + "\n"
    )
    said = refused(file, "--currency", "EUR")
    assert "to measure (2 lines of no order or refund, or in another currency than EUR; 1 order of nobody): name files" in said


def test_where_a_plot_cannot_be_written_is_said_before_anything_is_measured(orders: Path, tmp_path: Path) -> None:
    assert "name a file in a folder that there is" in refused(orders, "--plot", tmp_path / "none" / "plot.svg")


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with EmbeddedBroker() as broker:
        yield Standing(broker.servers, tmp_path_factory.mktemp("definitions"), [program(enabled=False)], ORDERS)


def test_a_running_system_is_measured_and_its_program_saved(standing: Standing, orders: Path) -> None:
    found = json.loads(standing.said("suggest", "--program", "classic", "--levels", "3", "--json"))
    assert (found["source"], found["members"], found["orders"]) == ("members", 40, 100)
    assert [rung["threshold"] for rung in found["rungs"]] == [rung["threshold"] for rung in suggested(orders)["rungs"]]
    ran = standing.run("suggest", "--program", "classic", "--levels", "3", "--apply")
    assert ran.returncode == 0 and "saved      program/classic version 2: 3 levels; it is still off" in ran.stderr
    again = standing.run("suggest", "--program", "classic", "--apply")
    assert again.returncode == 1 and "tidemark levels preview" in again.stderr
