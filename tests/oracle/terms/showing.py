"""The level that a member shows, and what comes of one that is gained (spec 2.8, 3.4, 3.8)."""

from __future__ import annotations

from .book import IDS, Book, Document


def show(book: Book, key: tuple[str, str], why: str, raw: Document | None, at: int, before: Document | None = None) -> None:
    """What is shown now, and what is gained by that. `before`: the version before, where a rule was changed."""
    standing, shown = book.standings[key], book.shown[key]
    program, place = standing.program, standing.held
    codes = [level["code"] for level in program["levels"]]
    held = codes[place] if place >= 0 else None
    on = program.get("enabled", True)
    if why == "registered" and not on:
        # Held, and not shown.
        book.shown[key], book.since[key] = held, at
    if held == shown or not on:
        return
    book.shown[key], book.since[key] = held, at
    book.out.changes.append(
        {"program": key[1], "member_id": key[0], "before": shown, "level": held, "why": why, "since": at,
         "document_id": None if raw is None else raw[IDS[raw["type"]]]}
    )  # fmt: skip
    if why in ("registered", "late", "ended"):
        return
    for above in range(_from(book, shown, codes, key, before) + 1, place + 1):
        level = program["levels"][above]
        own = raw is not None and raw["type"] == "payment" and raw["level"] == level["code"]
        if level.get("enabled", True) and (level.get("type", "basic") != "paid" or own):
            gain(book, key, above, raw, at)


def _from(book: Book, shown: str | None, codes: list[str], key: tuple[str, str], before: Document | None) -> int:
    """The place of the level that was held; of one that the ladder has no more, of the highest below it that is left."""
    if shown is None or shown in codes:
        return codes.index(shown) if shown is not None else -1
    ladders = [[level["code"] for level in each.document["levels"]] for each in book.versions[key[1]].all[: book.place[key]]]
    ladder = next(each for each in reversed(ladders) if shown in each)
    return max(
        (codes.index(code) for code in ladder[: ladder.index(shown)] if code in codes),
        key=lambda n: ladder.index(codes[n]),
        default=-1,
    )


def gain(book: Book, key: tuple[str, str], place: int, raw: Document | None, at: int) -> None:
    program = book.standings[key].program
    name = f"{key[1]}/{program['levels'][place]['code']}"
    book.gained[(*key, name)] += 1
    order_id = raw["order_id"] if raw is not None and raw["type"] == "purchase" else None
    for activity in book.upgrades:
        if not {name, f"{key[1]}/*"} & set(activity["levels"]):
            continue
        grant_id = f"{activity['code']}/{key[0]}/{name}" + (f"/{book.gained[(*key, name)]}" if activity.get("regain") else "")
        if grant_id not in book.given:
            book.given.add(grant_id)
            if raw is None or not raw.get("imported", False):
                book.out.grants.append(
                    {"activity": activity["code"], "member_id": key[0], "level": name, "order_id": order_id, "occurred_at": at}
                )
    give_points(book, key, place, raw, at, paid=False)


def give_points(book: Book, key: tuple[str, str], place: int, raw: Document | None, at: int, *, paid: bool) -> None:
    level = book.standings[key].levels[place]
    for benefit in level.get("benefits", []):
        if benefit["kind"] != "upgrade_points" or bool(benefit.get("paid_only", False)) != paid:
            continue
        grant_id = f"{key[1]}/{level['code']}/{benefit['code']}/{key[0]}"
        if grant_id not in book.given:
            book.given.add(grant_id)
            order_id = raw["order_id"] if raw is not None and raw["type"] == "purchase" else None
            if raw is None or not raw.get("imported", False):
                book.out.grants.append(
                    {"activity": None, "member_id": key[0], "level": f"{key[1]}/{level['code']}", "order_id": order_id,
                     "occurred_at": at}
                )  # fmt: skip
