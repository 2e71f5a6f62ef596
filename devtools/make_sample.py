"""Make the demo's sample from the UCI "Online Retail II" CSV: python -m devtools.make_sample online_retail_ii_2009_2010.csv.gz

Reads the year's invoice lines, makes each invoice an order (spec 1.1) and each cancellation a refund (spec 1.2), and writes them
in columns, compressed, to tidemark/sample/. The same CSV always gives the same bytes. What is decided about each odd line is
explained in tidemark/sample/SOURCE.md; the counts printed here are the ones stated there.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from devtools.sample_columns import Document, Line, write_columns
from devtools.sample_stores import store_of

LONDON = ZoneInfo("Europe/London")
TARGET = Path(__file__).parent.parent / "tidemark" / "sample" / "orders.xz"

CARRIAGE = {"POST", "DOT", "C2", "C3"}
NOT_SOLD = {"ADJUST", "ADJUST2", "AMAZONFEE", "B", "BANK CHARGES", "S", "TEST001", "TEST002"}
DISCOUNT = "D"
# A line of this many pieces or more at less than the month's usual price was sold at a quantity price.
QUANTITY_PRICE_PIECES = 6
# refund_days of spec 1.2: an order further back would send its refund to the dead letters.
REFUND_WITHIN_MINUTES = 180 * 24 * 60


@dataclass
class Row:
    sku: str
    quantity: int
    price: Decimal

    @property
    def pence(self) -> int:
        """Quantity times price in pence, positive, rounded half up once a line."""
        return int((abs(self.quantity) * self.price * 100).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass
class Invoice:
    number: str
    minute: int
    """Minutes since 1970-01-01T00:00Z."""
    customer: str
    country: str
    rows: list[Row] = field(default_factory=list)


@dataclass
class Left:
    """What of an order has not been refunded yet."""

    order: Document
    quantity: Counter[str]
    pence: Counter[str]


def read_invoices(path: Path) -> list[Invoice]:
    """The invoices in the file's order, each at the time of its first line."""
    invoices: dict[str, Invoice] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for cells in csv.DictReader(lines):
            number = cells["Invoice"]
            if number not in invoices:
                local = datetime.strptime(cells["InvoiceDate"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=LONDON)
                minute = int(local.timestamp()) // 60
                invoices[number] = Invoice(number, minute, cells["Customer ID"], cells["Country"])
            row = Row(cells["StockCode"].strip().upper(), int(cells["Quantity"]), Decimal(cells["Price"]))
            invoices[number].rows.append(row)
    return sorted(invoices.values(), key=lambda invoice: invoice.minute)


def usual_prices(invoices: list[Invoice]) -> dict[tuple[str, str], Decimal]:
    """By month (as 2010-03) and sku, the price that most sold lines had; the higher one of two that are equally frequent."""
    seen: dict[tuple[str, str], Counter[Decimal]] = defaultdict(Counter)
    for invoice in invoices:
        if invoice.number.isdigit():
            for row in invoice.rows:
                if row.quantity > 0 and row.price > 0:
                    seen[month_of(invoice), row.sku][row.price] += 1
    return {key: max(prices, key=lambda price: (prices[price], price)) for key, prices in seen.items()}


def month_of(invoice: Invoice) -> str:
    return datetime.fromtimestamp(invoice.minute * 60, LONDON).strftime("%Y-%m")


def order_of(invoice: Invoice, usual: dict[tuple[str, str], Decimal], tally: Counter[str]) -> Document | None:
    """The purchase that an invoice was, or None when nothing was sold by it."""
    lines: list[Line] = []
    fees = fee_lines = 0
    quantity_price = False
    for row in invoice.rows:
        if row.quantity <= 0:
            tally["lines dropped: stock correction (quantity below 1)"] += 1
        elif row.sku in NOT_SOLD or row.sku == DISCOUNT:
            tally["lines dropped: bookkeeping code on an invoice"] += 1
        elif row.sku in CARRIAGE:
            fee_lines += 1
            fees += row.pence
        else:
            lines.append(Line(row.sku, row.quantity, row.pence))
            below_usual = row.price < usual.get((month_of(invoice), row.sku), row.price)
            quantity_price |= below_usual and row.price > 0 and row.quantity >= QUANTITY_PRICE_PIECES
    if not any(line.pence for line in lines):
        tally["invoices dropped: nothing sold"] += 1
        tally["lines dropped: price 0 on such an invoice"] += len(lines)
        tally["lines made fees and dropped with their invoice"] += fee_lines
        return None
    tally["lines kept at amount 0: given free"] += sum(line.pence == 0 for line in lines)
    tally["lines made fees: carriage on an order"] += fee_lines
    tally["orders with fees"] += fees > 0
    tally["orders with a quantity price"] += quantity_price
    store = store_of(int(invoice.number), invoice.customer, invoice.country, delivered=fees > 0)
    return Document("purchase", invoice.number, None, invoice.minute, invoice.customer, store, fees, quantity_price, lines)


def refund_of(invoice: Invoice, bought: list[Left], tally: Counter[str]) -> Document | None:
    """The refund that a cancellation was, of an order where one is found for it, or None when it returns no goods."""
    lines: list[Line] = []
    fees = fee_lines = 0
    for row in invoice.rows:
        if row.quantity >= 0:
            tally["lines dropped: positive quantity on a cancellation"] += 1
        elif row.sku in NOT_SOLD:
            tally["lines dropped: bookkeeping code on a cancellation"] += 1
        elif row.sku in CARRIAGE:
            fee_lines += 1
            fees += row.pence
        elif row.sku == DISCOUNT:
            tally["lines made price adjustments: discount on a cancellation"] += 1
            lines.append(Line(row.sku, 0, row.pence))
        else:
            lines.append(Line(row.sku, -row.quantity, row.pence))
    if not any(line.pence for line in lines):
        tally["cancellations dropped: no goods"] += 1
        tally["lines made fees and dropped with their cancellation"] += fee_lines
        return None
    tally["lines made fees: carriage on a refund"] += fee_lines
    left = taken_back(lines, invoice.minute, bought)
    if left:
        tally["refunds with their order"] += 1
        order, store = left.order.number, left.order.store
    else:
        tally["refunds without an order"] += 1
        order, store = None, store_of(int(invoice.number[1:]), invoice.customer, invoice.country, delivered=fees > 0)
    return Document("refund", invoice.number, order, invoice.minute, invoice.customer, store, fees, False, lines)


def taken_back(lines: list[Line], minute: int, bought: list[Left]) -> Left | None:
    """The latest earlier order that still has all that the refund's lines give back, with them taken off what it has left."""
    quantity: Counter[str] = Counter()
    pence: Counter[str] = Counter()
    for line in lines:
        quantity[line.sku] += line.quantity
        pence[line.sku] += line.pence
    for left in reversed(bought):
        if minute - left.order.minute > REFUND_WITHIN_MINUTES:
            break
        if quantity <= left.quantity and pence <= left.pence:
            left.quantity -= quantity
            left.pence -= pence
            return left
    return None


def documents(invoices: list[Invoice], tally: Counter[str]) -> Iterator[Document]:
    """Orders and refunds in the order of their times."""
    usual = usual_prices(invoices)
    bought: dict[str, list[Left]] = defaultdict(list)
    for invoice in invoices:
        document: Document | None
        if invoice.number.startswith("C"):
            document = refund_of(invoice, bought[invoice.customer] if invoice.customer else [], tally)
        elif invoice.number.isdigit():
            document = order_of(invoice, usual, tally)
            if document and invoice.customer:
                left = Left(document, Counter(), Counter())
                for line in document.lines:
                    left.quantity[line.sku] += line.quantity
                    left.pence[line.sku] += line.pence
                bought[invoice.customer].append(left)
        else:
            tally["invoices dropped: bad-debt adjustment (A...)"] += 1
            document = None
        if document:
            yield document


def main(path: Path, target: Path) -> None:
    tally: Counter[str] = Counter()
    invoices = read_invoices(path)
    made = list(documents(invoices, tally))
    tally["invoice lines read"] = sum(len(invoice.rows) for invoice in invoices)
    tally["invoices read"] = len(invoices)
    figures = {
        "documents": len(made),
        "orders": sum(document.type == "purchase" for document in made),
        "refunds": sum(document.type == "refund" for document in made),
        "lines": sum(len(document.lines) for document in made),
        "members": len({document.member for document in made if document.member}),
        "anonymous": sum(not document.member for document in made),
        "online": sum(document.store.startswith("web-") for document in made),
    }
    write_columns(target, figures, made)
    for what, count in [*figures.items(), *sorted(tally.items())]:
        print(f"{count:>9,}  {what}")
    print(f"{target.stat().st_size:>9,}  bytes in {target.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET)
