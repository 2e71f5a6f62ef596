"""Which dead letters a list shows (spec 1.6, 4.2)."""

from __future__ import annotations

from sinks.topics.formats import DeadLetter
from tidemark.dead_letters.letters import Letter, Resent
from tidemark.dead_letters.listing import Listing


def letter(source: str, reason: str, refused_ms: int = 1) -> Letter:
    return Letter(0, refused_ms, DeadLetter(reason, "", source, "2026-03-01T08:26:00+00:00", raw="{}"))


def test_a_record_that_two_sinks_refused_is_listed_for_each_and_marked_together() -> None:
    listing = Listing(None, 10)
    for found in (
        letter("gifts/0/7", "wallet_full"),
        letter("gifts/0/7", "coupon_service_refused"),
        letter("gifts/0/7", "wallet_full"),
    ):
        listing.add(found)
    assert [row.reason for row in listing.rows()] == ["wallet_full", "coupon_service_refused"]
    listing.add(Resent("gifts/0/7"))
    assert all(row.resent for row in listing.rows()) and listing.matching == 2


def test_of_more_than_the_limit_the_newest_are_kept() -> None:
    listing = Listing(None, 2)
    for number in range(5):
        listing.add(letter(f"gifts/0/{number // 2}", f"reason-{number % 2}", number))
    assert [(row.id, row.reason) for row in listing.rows()] == [("gifts/0/1", "reason-1"), ("gifts/0/2", "reason-0")]
    listing.add(Resent("gifts/0/1"))
    assert [row.resent for row in listing.rows()] == [True, False]
