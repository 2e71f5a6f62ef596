"""The sample that the demo plays: every document is as spec 1.1 and 1.2 say, its definitions are faultless, its counts are true."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.definitions.kinds import parse
from rules.definitions.organization import Organization
from tidemark import sample
from tidemark.definitions.files import check_definitions, load_definitions

PACKAGE = Path(sample.__file__).parent


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    return [json.loads(raw) for raw in sample.documents()]


def time_of(document: dict[str, Any]) -> str:
    time: str = document["placed_at" if document["type"] == "purchase" else "refunded_at"]
    return time


def given_back(line: dict[str, Any]) -> bool:
    return line["quantity"] != "0.350" and line["quantity"] < 0


def test_documents_come_as_they_are_read() -> None:
    first: Iterator[bytes] = sample.documents()
    order = json.loads(next(first))
    assert order["order_id"] == "489434"
    assert order["member_id"] == "13085"
    assert order["placed_at"] == "2009-12-01T07:45:00+00:00"
    # 12 Christmas lights at £6.95.
    assert order["lines"][0] == {"sku": "85048", "quantity": 12, "amount": 8340}
    assert order["total"] == 50530


@pytest.mark.slow
def test_every_document_is_valid(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        least = 1 if document["type"] == "purchase" else 0
        lines = document["lines"]
        assert lines, document
        sold = [line for line in lines if not given_back(line)]
        assert sold, document
        assert all(
            line["sku"] and line["amount"] >= 0 and (line["quantity"] == "0.350" or line["quantity"] >= least) for line in sold
        ), document
        assert document["fees"] >= 0
        of_lines = sum(line["amount"] for line in lines)
        assert document["total"] == of_lines + document["fees"] + document.get("rounding", 0) > 0
        assert document["currency"] == "GBP"
        assert document["member_id"] is None or document["member_id"].isdigit()
        assert document["channel"] == ("online" if document["store_id"].startswith("web-") else "pos")


@pytest.mark.slow
def test_times_are_londons_and_ascend(documents: list[dict[str, Any]]) -> None:
    times = [datetime.fromisoformat(time_of(document)) for document in documents]
    assert all(earlier <= later for earlier, later in pairwise(times))
    london = ZoneInfo("Europe/London")
    assert all(time.utcoffset() == time.astimezone(london).utcoffset() for time in times)
    assert {str(time.utcoffset()) for time in times} == {"0:00:00", "1:00:00"}
    assert all(document["received_at"] == time_of(document) for document in documents)


@pytest.mark.slow
def test_ids_are_unique(documents: list[dict[str, Any]]) -> None:
    ids = Counter(document.get("refund_id") or document["order_id"] for document in documents)
    assert ids.most_common(1)[0][1] == 1


@pytest.mark.slow
def test_refunds_take_back_no_more_than_their_orders_had(documents: list[dict[str, Any]]) -> None:
    left: dict[str, Counter[tuple[str, str]]] = {}
    member: dict[str, str] = {}
    named = 0
    for document in documents:
        figures = Counter[tuple[str, str]]()
        for line in document["lines"]:
            if not given_back(line):
                figures[line["sku"], "quantity"] += 1 if line["quantity"] == "0.350" else line["quantity"]
                figures[line["sku"], "amount"] += line["amount"]
        if document["type"] == "purchase":
            left[document["order_id"]] = figures
            member[document["order_id"]] = document["member_id"]
        elif document["order_id"] is not None:
            named += 1
            assert member[document["order_id"]] == document["member_id"] is not None
            assert figures <= left[document["order_id"]]
            left[document["order_id"]] -= figures
    assert named == 3057


@pytest.mark.slow
def test_figures_are_those_of_the_documents(documents: list[dict[str, Any]]) -> None:
    assert sample.orders_count() == len(documents)
    assert sample.figures() == {
        "documents": len(documents),
        "orders": sum(document["type"] == "purchase" for document in documents),
        "refunds": sum(document["type"] == "refund" for document in documents),
        # As the source has them: without what an exchange gives back.
        "lines": sum(not given_back(line) for document in documents for line in document["lines"]),
        "members": len({document["member_id"] for document in documents} - {None}),
        "anonymous": sum(document["member_id"] is None for document in documents),
        "online": sum(document["channel"] == "online" for document in documents),
    }


@pytest.mark.slow
def test_some_receipts_carry_what_tills_send(documents: list[dict[str, Any]]) -> None:
    habits: Counter[str] = Counter()
    for _ in sample.documents(habits):
        pass
    assert habits == {
        "exchanges": sum(any(given_back(line) for line in document["lines"]) for document in documents),
        "goods by weight": sum(line["quantity"] == "0.350" for document in documents for line in document["lines"]),
        "tips": sum(document.get("payments", [{}])[0].get("method") == "card" for document in documents),
        "cash with change": sum("change" in document for document in documents),
    }
    assert min(habits.values()) > 50
    assert all(
        document["payments"][0]["amount"] == document["total"] + document.get("change", 0)
        for document in documents
        if "payments" in document
    )
    text = (PACKAGE / "SOURCE.md").read_text("utf-8")
    assert all(f"{count} {name}" in text for name, count in habits.items())


@pytest.fixture(scope="module")
def year() -> tuple[list[dict[str, Any]], Counter[str], Counter[str]]:
    taken, orders = Counter[str](), Counter[str]()
    return [json.loads(raw) for raw in sample.year(taken, orders)], taken, orders


@pytest.mark.slow
def test_the_year_has_every_document_in_its_place(
    year: tuple[list[dict[str, Any]], Counter[str], Counter[str]], documents: list[dict[str, Any]]
) -> None:
    of_all, _, orders = year
    without_coupons = [
        {name: value for name, value in each.items() if name != "coupons"}
        for each in of_all
        if each["type"] in ("purchase", "refund")
    ]
    assert without_coupons == documents
    assert orders == {"purchase": sample.figures()["orders"], "refund": sample.figures()["refunds"]}
    times = [datetime.fromisoformat(each.get("received_at") or each["saved_at"]) for each in of_all]
    assert all(earlier <= later for earlier, later in pairwise(times))


@pytest.mark.slow
def test_members_join_once_and_pay_after_it(year: tuple[list[dict[str, Any]], Counter[str], Counter[str]]) -> None:
    of_all, taken, _ = year
    joined: set[str] = set()
    for each in of_all:
        if each["type"] == "member":
            assert each["member_id"] not in joined
            joined.add(each["member_id"])
        elif each["type"] == "payment":
            assert each["member_id"] in joined and each["level"] == "star"
    payments = [each for each in of_all if each["type"] == "payment"]
    assert len({each["payment_id"] for each in payments}) == len(payments)
    (club,) = [each.document for each in load_definitions(sample.definitions_dir()).documents if each.document["code"] == "club"]
    price = club["levels"][-1]["price"]  # type: ignore[index]
    assert taken["joined the club"] == len(joined)
    assert taken["paid for a level"] == sum(each["amount"] == price for each in payments)
    assert taken["paid a wrong price"] == sum(each["amount"] != price for each in payments)
    assert taken["came back with a coupon"] == sum("coupons" in each for each in of_all)
    text = (PACKAGE / "SOURCE.md").read_text("utf-8")
    for name in ("joined the club", "paid for a level", "paid a wrong price", "came back with a coupon"):
        assert f" {taken[name]} " in text.replace("(", " "), name


def test_changes_are_of_what_there_is_and_save_it_as_it_was_but_for_its_gifts() -> None:
    documents = {each.document["code"]: each.document for each in load_definitions(sample.definitions_dir()).documents}
    changes = sample.changes()
    assert [each["change"] for each in changes] == ["pause", "resume", "save"]
    for each in changes:
        before = documents[each["code"]]
        if each["change"] == "save":
            differing = {name for name in before if each["document"].get(name) != before[name]}
            assert differing == {"gifts", "description"}


def test_source_states_licence_and_figures() -> None:
    text = (PACKAGE / "SOURCE.md").read_text("utf-8")
    assert "CC BY 4.0" in text
    assert "10.24432/C5CG6D" in text
    for figure in sample.figures().values():
        assert f"{figure:,}" in text


@pytest.mark.slow
def test_definitions_are_faultless_and_fit_the_orders(documents: list[dict[str, Any]]) -> None:
    loaded = load_definitions(sample.definitions_dir())
    assert check_definitions(loaded) == []
    definitions = [parse(each.document) for each in loaded.documents]
    stores = {store for each in definitions if isinstance(each, Organization) for store in each.stores}
    assert {document["store_id"] for document in documents} == stores
    skus = {line["sku"] for document in documents for line in document["lines"]}
    for each in loaded.documents:
        for scope in (each.document.get("item_scope") or {}).values():  # type: ignore[attr-defined]
            assert set(scope) <= skus, each.name


def test_the_file_is_small_enough_for_git() -> None:
    assert (PACKAGE / "orders.xz").stat().st_size < 2_500_000
