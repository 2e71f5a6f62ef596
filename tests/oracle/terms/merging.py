"""Two ids that become one member's (spec 1.7), and what their standings in a program are together."""

from __future__ import annotations

from dataclasses import replace

from ..values import Refused
from .book import IDS, Book, Document, Held, Key
from .changed import NEVER, change, rise
from .members import join, register
from .orders import take_back
from .showing import show
from .standing import Standing
from .term import EVER, EVERYTHING, End, Mark, State, Term

REFUND_US = 180 * 86_400_000_000


def take_member(book: Book, raw: Document) -> None:
    into = book.owner(raw.get("merged_into"))
    if into is None or into == raw["member_id"]:
        join(book, raw)
    else:
        merge(book, raw["member_id"], into, book.clock if book.clock != EVER else 0)


def merge(book: Book, old: str, new: str, at: int) -> None:
    """As of a time, which is the clock's."""
    if old in book.members:
        for code in book.members[old]:
            _leave(book, (old, code), at)
    else:
        # Nothing is told of one who was never seen.
        told = len(book.out.changes)
        register(book, old, at)
        del book.out.changes[told:]
    book.leads[old] = new
    _unite_gained(book, old, new)
    register(book, new, at)
    for code, since in book.members.pop(old, {}).items():
        _unite_program(book, code, old, new, at)
        book.members[new][code] = min(since, book.members[new].get(code, since))
    waiting = [*_held_of(book, old), *_held_of(book, new)]
    for known in (book.content, book.orders):
        for kind, member_id, own_id in [key for key in known if key[1] == old]:
            known.setdefault((kind, new, own_id), known.pop((kind, member_id, own_id)))
    for held in waiting:
        _come_again(book, held, new)


def _leave(book: Book, key: Key, at: int) -> None:
    shown, on = book.shown[key], book.standings[key].program.get("enabled", True)
    if shown is not None and on:
        change_ = {"program": key[1], "member_id": key[0], "before": shown, "level": None, "why": "left", "since": at}
        book.out.changes.append(change_ | {"document_id": None})


def _unite_gained(book: Book, old: str, new: str) -> None:
    for member_id, program, name in [key for key in book.gained if key[0] == old]:
        mine = (new, program, name)
        book.gained[mine] = max(book.gained[mine], book.gained[(member_id, program, name)])
        # Without a number an upgrade is granted once, and so are upgrade points.
        for activity in book.upgrades:
            if f"{activity['code']}/{old}/{name}" in book.given:
                book.given.add(f"{activity['code']}/{new}/{name}")
    for grant_id in [each for each in book.given if each.endswith(f"/{old}")]:
        book.given.add(grant_id.removesuffix(old) + new)


def _unite_program(book: Book, code: str, old: str, new: str, at: int) -> None:
    mine, theirs = (new, code), (old, code)
    his = book.standings.pop(theirs)
    place, shown, since = book.place.pop(theirs), book.shown.pop(theirs), book.since.pop(theirs)
    under = book.versions[code].place(book.registered[new], at)
    if mine in book.standings and book.place[mine] != under:
        raise AssertionError("he was not judged by the version that holds")
    if place != under:
        his = change(his, book.versions[code].all[under].document, at)
    if mine in book.standings:
        unite(book.standings[mine], his, at)
    else:
        book.standings[mine], book.place[mine] = his, under
        book.shown[mine], book.since[mine] = shown, since
        if shown is not None and his.program.get("enabled", True):
            told = {"program": code, "member_id": new, "before": None, "level": shown, "why": "merged", "since": since}
            book.out.changes.append(told | {"document_id": None})
    show(book, mine, "merged", None, at)


def _held_of(book: Book, member_id: str) -> list[Held]:
    found = []
    for key in [key for key in book.waiting if key[1] == member_id]:
        found += book.waiting.pop(key)
    for held in found:
        book.content.pop((held.raw["type"], member_id, held.raw[IDS[held.raw["type"]]]), None)
    return found


def _come_again(book: Book, held: Held, member_id: str) -> None:
    """What waits for its order may have waited for one of the other's; and may have come to both."""
    held.raw = raw = held.raw | {"member_id": member_id}
    key = (raw["type"], member_id, raw[IDS[raw["type"]]])
    content = {name: value for name, value in raw.items() if name not in ("received_at", "total", "member_id")}
    if key in book.content:
        if book.content[key] != content:
            book.out.dead_letters.append(("conflict", raw))
        return
    order = ("purchase", member_id, raw["order_id"]) if raw["type"] == "refund" else ("points", member_id, raw["takes_back"])
    known = book.orders.get(order)
    if known is None:
        book.waiting[order].append(held)
    elif held.received - known["came"] > REFUND_US:
        book.out.dead_letters.append(("unknown_order", raw))
        return
    else:
        try:
            take_back(book, raw, known)
        except Refused as refused:
            book.out.dead_letters.append((refused.reason, raw))
            return
    book.content[key] = content


def unite(mine: Standing, his: Standing, at: int) -> None:
    """All that counted under either id counts; each level spent for goes on with its own term, and the highest holds."""
    for one, other in ((mine, his), (his, mine)):
        _meet(one, frozenset(id(entry) for entry in other.entries))
    floor = mine.reached(0)
    sides = [(term, side) for side in (his, mine) for term in side.state.terms if mine.runs(term.last, at)]
    terms: dict[int, tuple[Term, Standing]] = {}
    for term, side in sides:
        known = terms.get(term.level)
        if known is None or mine._rank(term) >= mine._rank(known[0]):
            terms[term.level] = (term, side)
    spent = [terms[level] for level in sorted(terms)]
    top, holder = spent[-1] if spent else (None, mine)
    if top is None or top.level == floor:
        holder = his if _begins(his.state.mark) > _begins(mine.state.mark) else mine
    if mine.kind == "since_upgrade":
        for term, side in spent:
            if side is not holder and term.level != floor:
                # It is as the end of a term decided it: what counts since is the other's.
                term.decided, term.mark_before = True, (NEVER, False, frozenset())
    came = [*(his if holder is mine else mine).entries]
    mine.state = State([term for term, _ in spent], holder.state.mark)
    mine.entries, mine.idle = [*mine.entries, *his.entries], [*mine.idle, *his.idle]
    mine.recounted |= his.recounted
    mine.newest_at = max(mine.newest_at, his.newest_at)
    if his.last_end is not None and (mine.last_end is None or his.last_end.at > mine.last_end.at):
        mine.last_end = his.last_end
    for entry in came:
        mine.remember(entry, entry.counted)
    _unite_paid(mine, his, at)
    if mine.kind in ("since_upgrade", "period"):
        rise(mine, at)


def _begins(mark: Mark) -> int:
    return mark[0] + (0 if mark[1] else 1)


def _meet(standing: Standing, strangers: frozenset[int]) -> None:
    """Has what is judged so far be blind to strangers' parts of days."""
    standing.state = _met(standing.state, strangers)
    end = standing.last_end
    if end is not None:
        standing.last_end = End(end.at, _met(end.before, strangers), end.left)


def _met(state: State, strangers: frozenset[int]) -> State:
    def met(mark: Mark) -> Mark:
        return mark if mark == EVERYTHING or mark[0] in (EVER, NEVER) else (mark[0], mark[1], mark[2] | strangers)

    terms = [replace(each, strangers=each.strangers | strangers, mark_before=met(each.mark_before)) for each in state.terms]
    return State(terms, met(state.mark))


def _unite_paid(mine: Standing, his: Standing, at: int) -> None:
    for place, last in his.paid_ever.items():
        known = mine.paid_ever.get(place, last)
        mine.paid_ever[place] = later = None if last is None or known is None else max(last, known)
        if mine.runs(later, at):
            mine.paid[place] = later
    for code, last in his.gone.items():
        known = mine.gone.get(code, last)
        mine.gone[code] = None if last is None or known is None else max(last, known)
