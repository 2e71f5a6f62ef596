"""The eye that every crash test has on the changelog: it sees a write that the fence should have refused."""

from __future__ import annotations

from tests.crash.batches import WhoWrote, written_by_an_earlier_owner


def test_a_batch_of_an_earlier_owner_behind_one_of_a_later_is_seen() -> None:
    first, fence, own = (WhoWrote(offset, 7, epoch, [b"~head"]) for offset, epoch in ((0, 1), (3, 2), (4, 2)))
    stray = WhoWrote(6, 7, 1, [b"m1", b"~head"])
    assert written_by_an_earlier_owner([first, fence, own]) == []
    assert written_by_an_earlier_owner([first, fence, stray, own]) == [stray]
    # The next producer id, where epochs are used up.
    assert written_by_an_earlier_owner([first, own, WhoWrote(8, 8, 0, [b"~fence"])]) == []
    assert written_by_an_earlier_owner([WhoWrote(8, 8, 0, [b"~fence"]), stray]) == [stray]
