"""Activities whose gifts are released and claimed, played by the documents' clock, and what became of each gift (spec 2.6)."""

from __future__ import annotations

from typing import Any

from rules.clock import DocumentsClock
from streams.topics import RELEASES
from tests.folding import Folding
from tests.oracle.examples import program, spend
from tests.releases import release_rows

Document = dict[str, Any]

MUG: Document = {"kind": "coupon", "code": "mug", "name": "Mug", "value": 500, "currency": "GBP"}
CENTRE: Document = {"kind": "message_centre", "code": "message-centre", "coupon_arrival": True}
POINTS: Document = {"kind": "points", "points": 5}
COUPON: Document = {"kind": "coupon", "coupon": "mug"}
BOUGHT = ("x", 1, 100)


def giving(*gifts: Document, **more: Any) -> list[Document]:
    """Everything that a spend of 100 with these gifts takes."""
    return [program(100, 300), MUG, CENTRE, spend(gifts=list(gifts), **more)]


def claim(grant_id: str, claimed_at: str, gift: int | None = None, **more: Any) -> Document:
    return {"type": "claim", "member_id": "ann", "grant_id": grant_id, "gift": gift, "claimed_at": claimed_at} | more


def played(definitions: list[Document], *documents: Document) -> Folding:
    folding = Folding(definitions, DocumentsClock())
    for document in documents:
        folding.take(document)
    folding.turn()
    folding.end()
    return folding


def rows(folding: Folding) -> list[tuple[str, int, str | None, str | None]]:
    """Of each gift its grant, place, release and claim."""
    found = release_rows(folding.grants(), folding.values(RELEASES))
    return [(row["grant_id"], row["gift"], row["released_at"], row["claimed_at"]) for row in found]
