"""What is due by the clock: ends of terms, programs that come to hold, and what was held in vain (spec 3.5, 3.6, 1.2)."""

from __future__ import annotations

from ..times import DAY_US
from .book import IDS, Book
from .changed import change
from .showing import show
from .standing import Standing

LATE_US = 35 * DAY_US


def advance(book: Book, now: int) -> None:
    for key in book.standings:
        while (due := _due(book, key, book.standings[key])) is not None and due[0] <= now:
            at, place = due
            if place is None:
                book.standings[key].fire(at)
                show(book, key, "ended", None, at)
            else:
                _rule(book, key, place, at)
    book.clock = max(book.clock, now)
    for (_, member_id, _), held in book.waiting.items():
        for each in [each for each in held if each.received + LATE_US < book.clock]:
            held.remove(each)
            name = IDS[each.raw["type"]]
            book.content.pop((each.raw["type"], member_id, each.raw[name]), None)
            book.out.dead_letters.append(("unknown_order", each.raw))


def _due(book: Book, key: tuple[str, str], standing: Standing) -> tuple[int, int | None] | None:
    """When what is due first is: a version that comes to hold (its place), or an end (None)."""
    changed = book.versions[key[1]].next_after(book.place[key], book.registered[key[0]])
    end = standing.next_end()
    if changed is not None and (end is None or changed[0] <= end):
        return changed
    return None if end is None else (end, None)


def _rule(book: Book, key: tuple[str, str], place: int, at: int) -> None:
    before = book.standings[key].program
    document = book.versions[key[1]].all[place].document
    book.place[key] = place
    book.standings[key] = change(book.standings[key], document, at)
    show(book, key, "rule", None, at, before=before)
