"""Members and the programs that they are in (spec 1.7)."""

from __future__ import annotations

from typing import Any

from ..times import parse, to_us
from .book import Book, Document
from .showing import show
from .standing import Standing
from .term import EVER


def join(book: Book, raw: Document) -> None:
    member_id = raw["member_id"]
    register(book, member_id, book.clock if book.clock != EVER else 0, listed=raw.get("programs"))


def register(book: Book, member_id: str, at: int, listed: Any = None, only: str | None = None) -> None:
    known = member_id in book.members
    if known and listed is None:
        return
    if listed is not None:
        programs = {
            each if isinstance(each, str) else each["program"]: EVER
            if isinstance(each, str) or "since" not in each
            else to_us(parse(each["since"]))
            for each in listed
        }
    else:
        chosen = only or book.default
        programs = {} if chosen is None else {chosen: EVER}
    book.members[member_id] = programs
    book.registered.setdefault(member_id, at)
    for code in programs:
        stand(book, member_id, code, at)


def stand(book: Book, member_id: str, code: str, at: int) -> Standing:
    key = (member_id, code)
    if key not in book.standings:
        program = book.version_of(member_id, code, at, max(book.clock, at))
        book.standings[key] = Standing(program)
        book.place[key] = book.versions[code].place(book.registered[member_id], max(book.clock, at))
        book.shown[key], book.since[key] = None, None
        show(book, key, "registered", None, at)
    return book.standings[key]
