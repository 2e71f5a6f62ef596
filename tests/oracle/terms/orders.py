"""Orders, points as orders, and what takes them back (spec 1.2, 1.10, 3.3)."""

from __future__ import annotations

from collections import defaultdict

from ..orders import give_back, new_record, spent, spent_now
from ..times import parse, to_us
from .book import TIMES, Book, Document
from .days import day_of
from .showing import show
from .term import Entry


def count_order(book: Book, raw: Document, key: tuple[str, str, str], at: int, received: int) -> None:
    member_id = raw["member_id"]
    if raw["type"] == "points":
        record: Document = {"points": raw["points"], "left": raw["points"]}
        counted = raw["points"]
    else:
        record = new_record(_read(raw))
        counted = spent(_read(raw))
    record |= {"came": received, "counts": {}}
    book.orders[key] = record
    for code, counts in _judging(book, member_id, raw, at):
        standing = book.standings[(member_id, code)]
        entry = Entry(at, counted, True, raw.get("imported", False), day_of(at, standing.zone))
        record["counts"][code] = entry
        if not counts:
            standing.idle.append(entry)
            continue
        standing.add(entry)
        if (as_of := standing.give_back(entry, book.clock)) is not None:
            show(book, (member_id, code), "late", raw, as_of)
        standing.gain(entry, book.clock)
        show(book, (member_id, code), "order" if raw["type"] == "purchase" else "points", raw, at)
    for held in book.waiting.pop(key, []):
        take_back(book, held.raw, record)


def take_back(book: Book, raw: Document, record: Document) -> None:
    if raw["type"] == "points":
        record["left"] -= min(-raw["points"], record["left"])
        now = record["left"]
    else:
        give_back(record, _read(raw)["lines"])
        now = spent_now(record)
    for code, entry in record["counts"].items():
        before, entry.counted = entry.counted, now
        standing = book.standings[(raw["member_id"], code)]
        if not any(each is entry for each in standing.idle):
            standing.taken(entry, before)
            _lowered(book, (raw["member_id"], code), raw)


def subtract(book: Book, raw: Document, at: int) -> None:
    amount = -raw["points"] if raw["type"] == "points" else sum(line["amount"] for line in raw["lines"])
    for code, counts in _judging(book, raw["member_id"], raw, at):
        standing = book.standings[(raw["member_id"], code)]
        entry = Entry(at, -amount, False, raw.get("imported", False), day_of(at, standing.zone))
        if not counts:
            standing.idle.append(entry)
            continue
        standing.add(entry)
        _lowered(book, (raw["member_id"], code), raw)


def _lowered(book: Book, key: tuple[str, str], raw: Document) -> None:
    book.standings[key].lowered(book.clock)
    show(book, key, "refund" if raw["type"] == "refund" else "points", raw, to_us(parse(raw[TIMES[raw["type"]]])))


def _judging(book: Book, member_id: str, raw: Document, at: int) -> list[tuple[str, bool]]:
    """The programs that a document is of, and whether it counts by their rules of now."""
    found = []
    for code, since in book.members[member_id].items():
        standing = book.standings[(member_id, code)]
        program = standing.program
        if at < since or (program.get("measure", "amount") == "points") != (raw["type"] == "points"):
            continue
        if raw["type"] == "points":
            if raw.get("program") not in (None, code):
                continue
        elif raw["currency"] != program["currency"]:
            continue
        found.append((code, at >= standing.active_from and (standing.includes_imported or not raw.get("imported", False))))
    return found


def _read(raw: Document) -> Document:
    assets: dict[str, int] = defaultdict(int)
    for payment in raw.get("payments", []):
        assets[payment["method"]] += payment["amount"]
    lines = [line | {"quantity": line["quantity"] * 1000} for line in raw["lines"]]
    return {"lines": lines, "assets": assets, "currency": raw["currency"]}


def points_count(book: Book, raw: Document) -> bool:
    if raw.get("takes_back") is not None and raw["points"] > 0:
        return False
    code, at = raw.get("program"), to_us(parse(raw["earned_at"]))
    if code is None or code not in book.programs:
        return code is None
    return book.version_of(raw["member_id"], code, at, max(book.clock, at)).get("measure") == "points"
