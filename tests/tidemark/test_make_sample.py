"""Making the sample: what becomes of each kind of line of the source."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from devtools.make_sample import main
from tidemark import sample

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"


def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str]) -> list[dict[str, Any]]:
    source, target = tmp_path / "source.csv.gz", tmp_path / "orders.xz"
    source.write_bytes(gzip.compress((HEADER + "\n".join(rows) + "\n").encode()))
    main(source, target)
    monkeypatch.setattr(sample, "ORDERS", target)
    return [json.loads(raw) for raw in sample.documents()]


def test_an_invoice_becomes_an_order_and_its_carriage_fees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        '500001,85123a ,"LIGHT, WHITE",6,2010-07-01 10:00:00,2.55,17850,United Kingdom',
        "500001,21730,FREE,2,2010-07-01 10:00:00,0.0,17850,United Kingdom",
        "500001,POST,POSTAGE,1,2010-07-01 10:00:00,18.0,17850,United Kingdom",
    ]
    assert made(tmp_path, monkeypatch, rows) == [
        {
            "type": "purchase",
            "order_id": "500001",
            "placed_at": "2010-07-01T10:00:00+01:00",
            "received_at": "2010-07-01T10:00:00+01:00",
            "channel": "online",
            "store_id": "web-gb",
            "member_id": "17850",
            "currency": "GBP",
            "lines": [{"sku": "85123A", "quantity": 6, "amount": 1530}, {"sku": "21730", "quantity": 2, "amount": 0}],
            "fees": 1800,
            "total": 3330,
            "service_type": "delivery",
        }
    ]


def test_amounts_round_half_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        "500001,A,UP,1,2010-01-01 10:00:00,0.005,1,France",
        "500001,B1,DOWN,1,2010-01-01 10:00:00,0.004,1,France",
    ]
    (order,) = made(tmp_path, monkeypatch, rows)
    assert [line["amount"] for line in order["lines"]] == [1, 0]


def test_cancellations_name_the_latest_order_that_has_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        "500001,85123A,LIGHT,6,2010-01-01 10:00:00,2.55,1,France",
        "500002,85123A,LIGHT,6,2010-01-02 10:00:00,2.55,1,France",
        "C500003,85123A,LIGHT,-4,2010-01-03 10:00:00,2.55,1,France",
        "C500004,85123A,LIGHT,-4,2010-01-04 10:00:00,2.55,1,France",
        "C500005,85123A,LIGHT,-4,2010-01-05 10:00:00,2.55,1,France",
        "C500006,85123A,LIGHT,-1,2010-01-06 10:00:00,2.55,2,France",
        "C500007,85123A,LIGHT,-1,2010-09-06 10:00:00,2.55,1,France",
        "C500008,D,DISCOUNT,-1,2010-09-06 10:00:00,9.5,1,France",
    ]
    refunds = [each for each in made(tmp_path, monkeypatch, rows) if each["type"] == "refund"]
    assert [each["order_id"] for each in refunds] == ["500002", "500001", None, None, None, None]
    assert refunds[0]["lines"] == [{"sku": "85123A", "quantity": 4, "amount": 1020}]
    assert refunds[-1]["lines"] == [{"sku": "D", "quantity": 0, "amount": 950}]


def test_what_is_no_sale_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        "500001,85123A,damaged,-6,2010-01-01 10:00:00,0.0,,United Kingdom",
        "500002,85123A,found,6,2010-01-01 10:00:00,0.0,,United Kingdom",
        "500003,ADJUST,Adjustment,1,2010-01-01 10:00:00,5.0,1,United Kingdom",
        "500004,POST,POSTAGE,1,2010-01-01 10:00:00,5.0,1,France",
        "A500005,B,Adjust bad debt,1,2010-01-01 10:00:00,-53594.36,,United Kingdom",
        "C500006,AMAZONFEE,AMAZON FEE,-1,2010-01-01 10:00:00,5.0,,United Kingdom",
        "C500007,POST,POSTAGE,-1,2010-01-01 10:00:00,5.0,1,France",
        "500009,85123A,LIGHT,1,2010-01-01 10:00:00,2.55,,United Kingdom",
    ]
    (order,) = made(tmp_path, monkeypatch, rows)
    assert (order["order_id"], order["member_id"], order["channel"]) == ("500009", None, "pos")


def test_lines_below_the_months_usual_price_are_a_promotion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"50000{number},22423,CAKESTAND,1,2010-01-01 10:00:00,12.75,1,France" for number in (1, 2)]
    rows += ["500003,22423,CAKESTAND,16,2010-01-02 10:00:00,10.95,1,France"]
    assert [order.get("promotions") for order in made(tmp_path, monkeypatch, rows)] == [None, None, ["quantity-price"]]


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    source = tmp_path / "source.csv.gz"
    source.write_bytes(gzip.compress((HEADER + "500001,85123A,L,6,2010-01-01 10:00:00,2.55,1,France\n").encode()))
    targets = [tmp_path / name for name in ("a.xz", "b.xz")]
    for target in targets:
        main(source, target)
    assert targets[0].read_bytes() == targets[1].read_bytes()
    assert json.loads(lzma.decompress(targets[0].read_bytes()).splitlines()[0])["orders"] == 1
