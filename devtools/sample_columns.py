"""The compact form of the sample: JSON lines, a header and then a block of columns for every so many documents, in xz.

Columns keep like beside like, which compresses to a third of what the documents themselves would. tidemark.sample reads it.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

DOCUMENTS_A_BLOCK = 500
# Text has no alignment (pb 0), and what the last character was says much about the next (lc 4).
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}]


@dataclass(frozen=True)
class Line:
    sku: str
    quantity: int
    pence: int


@dataclass(frozen=True)
class Document:
    type: str
    number: str
    order: str | None
    """The number of the order that a refund takes back."""
    minute: int
    member: str
    """Empty: anonymous."""
    store: str
    fees: int
    quantity_price: bool
    lines: list[Line]


def unit(line: Line) -> int:
    """Pence a piece, the amount itself of a line without pieces. Prices are whole pence, so nothing is lost."""
    pieces = max(line.quantity, 1)
    assert line.pence % pieces == 0, line
    return line.pence // pieces


def columns(documents: list[Document]) -> dict[str, list[str] | list[int]]:
    """One block. Minutes are differences to the document before, the first to 1970."""
    lines = [line for document in documents for line in document.lines]
    minutes = [0] + [document.minute for document in documents]
    return {
        "number": [document.number for document in documents],
        "order": [document.order or "" for document in documents],
        "minutes": [after - before for before, after in pairwise(minutes)],
        "member": [document.member for document in documents],
        "store": [document.store for document in documents],
        "fees": [document.fees for document in documents],
        "quantity_price": [int(document.quantity_price) for document in documents],
        "lines": [len(document.lines) for document in documents],
        "sku": [line.sku for line in lines],
        "quantity": [line.quantity for line in lines],
        "unit": [unit(line) for line in lines],
    }


def write_columns(target: Path, figures: dict[str, int], documents: list[Document]) -> None:
    """Write `figures` as the header and all documents after it."""
    with lzma.open(target, "wt", encoding="ascii", format=lzma.FORMAT_XZ, filters=FILTERS) as out:
        out.write(json.dumps(figures) + "\n")
        for start in range(0, len(documents), DOCUMENTS_A_BLOCK):
            block = columns(documents[start : start + DOCUMENTS_A_BLOCK])
            out.write(json.dumps(block, separators=(",", ":")) + "\n")
