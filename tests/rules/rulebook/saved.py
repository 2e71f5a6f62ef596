"""Versions of definitions as they stand on their topic."""

from __future__ import annotations

from typing import Any

from rules.definitions.saved import Saved
from rules.rulebook.chains import LATER_VERSION_DELAY_MS
from rules.rulebook.rulebook import Rulebook
from tests.oracle.examples import program, spend

Document = dict[str, Any]
NOW_MS = 1_704_110_400_000


def version(document: Document, number: int = 1, saved_at_ms: int = 0) -> Saved:
    return Saved(kind=document["kind"], code=document["code"], version=number, saved_at_ms=saved_at_ms, document=document)


def rulebook(*saved: Saved, before: Rulebook | None = None) -> Rulebook:
    return Rulebook(enumerate(saved), before)


def chain(*documents: Document) -> Rulebook:
    """A program, and the versions of one definition, saved a minute apart; the refs are 1, 2, ..."""
    later = [version(each, number, 60_000 * number) for number, each in enumerate(documents, 1)]
    return rulebook(version(program()), *later)


def in_force(book: Rulebook, at_ms: int, **order: Any) -> list[int]:
    """The refs of what can count, of an order placed then."""
    given = {"store_id": "s", "channel": "pos", "service_type": None, "currency": "GBP", "programs": "classic"} | order
    found = book.candidates(at_ms, given["store_id"], given["channel"], given["service_type"], given["currency"], given["programs"])
    return [activity.ref for activity in (*found.by_amount, *found.by_pieces)]


__all__ = ["LATER_VERSION_DELAY_MS", "NOW_MS", "chain", "in_force", "program", "rulebook", "spend", "version"]
