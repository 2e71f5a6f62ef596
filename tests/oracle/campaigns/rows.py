"""What was played, as `tidemark replay` writes it (spec 6), times as epoch microseconds; and a written row as the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..times import parse, to_us
from .gifts import Grant
from .play import Played

Document = dict[str, Any]
TIMES = ("occurred_at", "released_at", "claimed_at", "valid_from", "valid_to", "at")


def rows(played: Played) -> dict[str, list[Document]]:
    """By the name of the option."""
    made = list(played.grants.values())
    return {
        "grants": sorted([_grant(grant) | {"version": grant.version} for grant in made], key=_by_id),
        "refused": sorted([_grant(grant) | {"limit": grant.refused} for grant in played.refused.values()], key=_by_id),
        "releases": sorted([row for grant in made for row in _releases(grant)], key=lambda row: (row["grant_id"], row["gift"])),
        "performance": sorted(played.performance, key=lambda row: str(row["activity"])),
        "notifications": sorted(played.notifications, key=lambda row: (row["grant_id"], row["at"], row["mini_program"])),
        "levels": [
            {"program": program, "member_id": member_id, "level": level}
            for (program, member_id), level in sorted(played.levels.items())
        ],
    }


def _by_id(row: Document) -> str:
    return str(row["grant_id"])


def _grant(grant: Grant) -> Document:
    return {
        "grant_id": grant.grant_id,
        "activity": grant.activity,
        "member_id": grant.member_id,
        "ordinal": grant.ordinal,
        "level": grant.level,
        "run": grant.run,
        "order_id": grant.order_id,
        "occurred_at": grant.occurred,
    }


def _releases(grant: Grant) -> Iterable[Document]:
    for place, gift in enumerate(grant.gifts, 1):
        yield {
            "grant_id": grant.grant_id,
            "gift": place,
            "member_id": gift.holder or grant.member_id,
            "released_at": gift.released,
            "claimed_at": gift.claimed,
            "valid_from": gift.valid_from,
            "valid_to": gift.valid_to,
        }


def as_played(row: Document, like: Document) -> Document:
    """A written row, times as epoch microseconds, with the fields of `like`."""
    found = {name: row.get(name) for name in like}
    return {name: to_us(parse(value)) if name in TIMES and isinstance(value, str) else value for name, value in found.items()}


def differences(played: Played, written: dict[str, list[Document]]) -> list[str]:
    """None when all is right. `written`: rows by the name of the option; one that is not there is not compared."""
    found: list[str] = []
    for name, wanted in rows(played).items():
        if name not in written:
            continue
        key = _KEYS[name]
        actual = {tuple(row.get(field) for field in key): row for row in written[name]}
        if len(actual) != len(written[name]):
            found.append(f"{name}: {len(written[name]) - len(actual)} written twice")
        if name == "notifications":
            actual = {tuple(as_played(row, dict.fromkeys(key)).values()): row for row in written[name]}
        for row in wanted:
            row_key = tuple(row[field] for field in key)
            theirs = actual.pop(row_key, None)
            if theirs is None:
                found.append(f"{name}: missing {row}")
            elif as_played(theirs, row) != row:
                wrong = {field: (value, row[field]) for field, value in as_played(theirs, row).items() if value != row[field]}
                found.append(f"{name}: {row_key}: (written, wanted) {wrong}")
        found += [f"{name}: too many {row}" for row in actual.values()]
    return found


_KEYS = {
    "grants": ("grant_id",),
    "refused": ("grant_id",),
    "releases": ("grant_id", "gift"),
    "performance": ("activity",),
    "notifications": ("grant_id", "at", "mini_program"),
    "levels": ("program", "member_id"),
}
