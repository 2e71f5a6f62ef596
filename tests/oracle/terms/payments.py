"""Payments for levels (spec 1.9)."""

from __future__ import annotations

from typing import Any

from ..times import parse, to_us
from ..values import Refused
from .book import Book, Document
from .members import register, stand
from .showing import gain, give_points, show
from .term import EVER


def check_payment(book: Book, raw: Document) -> None:
    code = raw.get("program") or book.default
    if raw["member_id"] is None or code not in book.programs:
        raise Refused("invalid", "no member or program")
    program = _now(book, raw)
    level = next((level for level in program["levels"] if level["code"] == raw["level"]), None)
    if level is None or level.get("type", "basic") == "basic" or not level.get("enabled", True):
        raise Refused("invalid", "not to be paid for")
    if raw["currency"] != program["currency"]:
        raise Refused("invalid", "currency")
    from_level = raw.get("from_level")
    if from_level is not None and from_level not in [level["code"] for level in program["levels"]]:
        raise Refused("invalid", "from_level")


def price(book: Book, raw: Document) -> Any:
    program, place = _level_paid(book, raw)
    level = program["levels"][place]
    if program.get("paid", {}).get("pricing", "unified") == "per_level" and raw.get("from_level") in level.get("prices", {}):
        return level["prices"][raw["from_level"]]
    return level.get("price")


def pay(book: Book, raw: Document, at: int) -> None:
    program, place = _level_paid(book, raw)
    code, member_id = program["code"], raw["member_id"]
    register(book, member_id, at, only=code)
    if code not in book.members[member_id]:
        book.members[member_id][code] = EVER
    standing = stand(book, member_id, code, at)
    first = place not in standing.paid_ever
    held = standing.held
    standing.pay(place, at, book.clock)
    key = (member_id, code)
    if first and program.get("enabled", True):
        _first_paid(book, key, place, raw, at, passed=not held < place <= standing.held)
    show(book, key, "payment", raw, at)


def _first_paid(book: Book, key: tuple[str, str], place: int, raw: Document, at: int, *, passed: bool) -> None:
    """The first payment gains a paid level also where it is not held by that; and benefits of those who paid."""
    level = book.standings[key].levels[place]
    if passed and level["type"] == "paid":
        gain(book, key, place, raw, at)
    give_points(book, key, place, raw, at, paid=True)


def _level_paid(book: Book, raw: Document) -> tuple[Document, int]:
    program = _now(book, raw)
    return program, next(n for n, level in enumerate(program["levels"]) if level["code"] == raw["level"])


def _now(book: Book, raw: Document) -> Document:
    at = to_us(parse(raw["paid_at"]))
    return book.version_of(raw["member_id"], raw.get("program") or book.default or "", at, max(book.clock, at))
