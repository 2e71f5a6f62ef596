"""A file's lines in turn, one clock for all members (spec 6)."""

from __future__ import annotations

from collections.abc import Iterable

from ..times import DAY_US, midnight_after, parse, to_us
from ..values import Refused
from .book import IDS, TIMES, Book, Document, Held, Levels
from .due import LATE_US, advance
from .members import register
from .merging import take_member
from .orders import count_order, points_count, subtract, take_back
from .payments import check_payment, pay, price
from .term import EVER

REFUND_US = 180 * DAY_US


def play(documents: Iterable[Document], definitions: list[Document]) -> Levels:
    book = Book(definitions)
    for document in documents:
        try:
            take(book, document | {"member_id": book.owner(document["member_id"])} if "member_id" in document else document)
        except Refused as refused:
            book.out.dead_letters.append((refused.reason, document))
    return finish(book)


def take(book: Book, raw: Document) -> None:
    if raw["type"] == "member":
        # A version that was saved this very instant may hold for who was registered by a document of it.
        advance(book, book.clock)
        take_member(book, raw)
        return
    if raw["type"] == "change":
        _change(book, raw)
        return
    at = to_us(parse(raw[TIMES[raw["type"]]]))
    received = to_us(parse(raw["received_at"])) if "received_at" in raw else max(book.clock, at)
    if at > received + DAY_US:
        raise Refused("invalid", "ahead")
    if raw["type"] == "payment":
        check_payment(book, raw)
    if raw["type"] == "points" and not points_count(book, raw):
        raise Refused("invalid", "no program that measures points")
    if received - at > LATE_US and not raw.get("imported", False):
        raise Refused("late", "late")
    if raw["member_id"] is None:
        advance(book, max(at, received))
        return
    key = (raw["type"], raw["member_id"], raw[IDS[raw["type"]]])
    content = {name: value for name, value in raw.items() if name not in ("received_at", "total", "member_id")}
    if key in book.content:
        if book.content[key] != content:
            raise Refused("conflict", "another")
        return
    if raw["type"] == "payment" and raw["amount"] != price(book, raw):
        raise Refused("wrong_amount", "another price")
    _take(book, raw, key, at, received)
    book.content[key] = content


def _take(book: Book, raw: Document, key: tuple[str, str, str], at: int, received: int) -> None:
    now = max(at, received)
    member_id = raw["member_id"]
    if raw["type"] == "payment":
        advance(book, now)
        pay(book, raw, at)
        return
    takes_back = raw.get("order_id") if raw["type"] == "refund" else raw.get("takes_back")
    if takes_back is not None:
        order = ("purchase" if raw["type"] == "refund" else "points", member_id, takes_back)
        known = book.orders.get(order)
        if known is not None and received - known["came"] > REFUND_US:
            raise Refused("unknown_order", "too long ago")
        advance(book, now)
        if known is None:
            book.waiting[order].append(Held(raw, received))
        else:
            take_back(book, raw, known)
        return
    advance(book, now)
    register(book, member_id, at)
    if raw["type"] == "refund" or (raw["type"] == "points" and raw["points"] < 0):
        subtract(book, raw, at)
    else:
        count_order(book, raw, key, at, received)


def _change(book: Book, raw: Document) -> None:
    saved = to_us(parse(raw["saved_at"]))
    now = max(book.clock, saved)
    if now - saved > LATE_US:
        raise Refused("late", "late")
    advance(book, now)
    book.versions[raw["code"]].change(raw, book.clock)


def finish(book: Book) -> Levels:
    if book.clock != EVER:
        zone = book.versions[book.default].of(EVER, book.clock)["timezone"] if book.default else "UTC"
        advance(book, midnight_after(book.clock // 1000, zone) * 1000)
    for member_id, programs in book.members.items():
        for code in programs:
            standing = book.standings[(member_id, code)]
            program = standing.program
            until, by = standing.held_until()
            on = program.get("enabled", True)
            held = standing.held if on else -1
            book.out.levels.append(
                {"program": code, "member_id": member_id, "level": program["levels"][held]["code"] if held >= 0 else None,
                 "since": book.since[(member_id, code)] if on else None,
                 "until": str(until) if until is not None and held >= 0 else None, "by": by if held >= 0 else None}
            )  # fmt: skip
    return book.out
