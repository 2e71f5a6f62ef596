"""What a change makes of the versions that are there, and the words for one that may not be made (spec 2.5, 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.documents.change import Change, read_change
from rules.documents.validity import InvalidDocument
from rules.refused import Refused
from rules.rulebook.changing import Changes
from rules.times import epoch_ms, epoch_us
from tests.folding import changes_of
from tests.oracle.examples import program, spend

SAVED_AT = datetime(2024, 1, 1, 12, tzinfo=UTC)
ORDER: dict[str, Any] = {"store_id": "s", "channel": "pos", "service_type": None, "currency": "GBP", "programs": "classic"}


def change(name: str, document: dict[str, Any] | None = None, **more: Any) -> Change:
    about = {"kind": "activity", "code": "spend"} if document is None else {"kind": document["kind"], "code": document["code"]}
    given = {"type": "change", "change": name, "saved_at": SAVED_AT.isoformat(), "saved_by": "eva"} | about
    return read_change(given | ({} if document is None else {"document": document}) | more)


def make(changes: Changes, *made: Change) -> list[int | None]:
    """The version that each becomes, an hour apart; None where nothing changes."""
    found = []
    for number, each in enumerate(made):
        saved = changes.make(each, epoch_us(SAVED_AT + timedelta(hours=number)))
        found.append(None if saved is None else saved.version)
    return found


def counts(changes: Changes, after: timedelta) -> list[int]:
    """The refs of what an order can count in, that long after noon."""
    at_ms = epoch_ms(SAVED_AT + after)
    found = changes.rulebook.candidates(at_ms, *ORDER.values())
    return [activity.ref for activity in found.by_amount]


def test_each_change_is_a_version_and_nothing_is_none_where_nothing_changes() -> None:
    changes = changes_of([program(), spend()])
    made = make(
        changes,
        change("save", spend()),
        change("resume"),
        change("pause"),
        change("pause"),
        change("save", spend(name="Other")),
        change("save", spend(name="Other", description=None)),
        change("resume"),
        change("archive"),
        change("archive"),
    )
    assert made == [None, None, 2, None, 3, None, 4, 5, None]
    chain = changes.rulebook.chain("activity", "spend")
    assert chain is not None
    assert [each.state for each in chain.standing] == ["running", "paused", "paused", "running", "archived"]
    assert [each.document["name"] for each in chain.standing] == ["Spend", "Spend", "Other", "Other", "Other"]


def test_a_version_holds_from_10_s_after_it_was_saved_until_the_next_does() -> None:
    changes = changes_of([program(), spend()])
    make(changes, change("pause"), change("resume"))
    second, hour = timedelta(seconds=1), timedelta(hours=1)
    assert counts(changes, 9 * second) == [1]
    assert counts(changes, 10 * second) == [] == counts(changes, hour + 9 * second)
    assert counts(changes, hour + 10 * second) == [3]


def test_a_draft_that_is_paused_is_launched_paused() -> None:
    changes = changes_of([program(), spend(draft=True)])
    assert make(changes, change("pause"), change("save", spend()), change("resume")) == [2, 3, 4]
    assert counts(changes, timedelta(hours=2)) == [] and counts(changes, timedelta(hours=3)) == [4]


REFUSED: list[tuple[Change, str, str]] = [
    (change("pause", code="spent"), "invalid", "there is no activity with the code 'spent' to pause"),
    (change("pause", kind="program", code="classic"), "invalid", "a program has no pause: only activities do"),
    (change("pause", kind="rafle"), "invalid", "/kind: expected one of activity, "),
    (change("save", spend(measure="pieces")), "invalid", "condition.measure of a published definition stays as it is"),
    (change("save", spend(draft=True)), "invalid", "draft of a published definition stays as it is"),
    (change("save", spend(gifts=[])), "invalid", "/document: gifts: "),
    (change("save", spend(gifts=[{"kind": "coupon", "coupon": "mug"}])), "invalid", "there is no coupon with the code 'mug'"),
    (change("save", spend(programs=["other"])), "invalid", "there is no program with the code 'other'"),
    (change("save", spend(name="Other"), version=3), "conflict", "version 3 is named, and the next is 2"),
]


@pytest.mark.parametrize(("made", "reason", "said"), REFUSED)
def test_what_may_not_be_made_is_refused_with_words(made: Change, reason: str, said: str) -> None:
    changes = changes_of([program(), spend()])
    with pytest.raises(Refused) as refused:
        make(changes, made)
    assert refused.value.reason == reason and said in str(refused.value)
    assert len(changes.rulebook) == 2


def test_after_an_archive_nothing_comes_whatever_version_it_names() -> None:
    changes = changes_of([program(), spend()])
    assert make(changes, change("archive"), change("archive"), change("save", spend())) == [2, None, None]
    for made in (change("resume"), change("save", spend(name="Other")), change("save", spend(name="Other"), version=1)):
        with pytest.raises(Refused, match="archived, which is for good") as refused:
            make(changes, made)
        assert refused.value.reason == "invalid"


def test_the_second_is_told_who_changed_what() -> None:
    changes = changes_of([program(), spend()])
    other = spend(condition={"items": "any", "mode": "every", "measure": "amount", "threshold": 50}, ends_at="2024-02-01T00:00:00Z")
    make(changes, change("save", other), change("pause", saved_by="tom"))
    with pytest.raises(Refused) as refused:
        make(changes, change("save", spend(name="Mine"), version=2))
    assert str(refused.value) == (
        "/version: eva saved version 2 at 2024-01-01T12:00:00+00:00 (condition.threshold: 100 -> 50; ends_at: 2024-02-01T00:00:00Z "
        "added); tom paused it as version 3 at 2024-01-01T13:00:00+00:00. Look at it, and name version 4 to save over it"
    )


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"change": "explode"}, "/change"),
        ({"change": "bring_forward"}, "/document"),
        ({"change": "pause", "document": spend()}, "/document"),
        ({"document": None}, "/document"),
        ({"document": [1]}, "/document"),
        ({"code": "other"}, "/document"),
        ({"existing_at": "2024-01-01T12:00:00+00:00"}, "/existing_at"),
        ({"saved_at": None}, "/saved_at"),
        ({"saved_at": "today"}, "/saved_at"),
        ({"version": 0}, "/version"),
        ({"version": "2"}, "/version"),
        ({"saved_by": 7}, "/saved_by"),
    ],
)
def test_what_is_not_well_formed_is_refused_by_its_field(more: dict[str, Any], field: str) -> None:
    given = {"type": "change", "change": "save", "kind": "activity", "code": "spend", "saved_at": SAVED_AT.isoformat()}
    with pytest.raises(InvalidDocument) as invalid:
        read_change(given | {"document": spend()} | more)
    assert invalid.value.field == field


@pytest.mark.slow
def test_hundreds_of_changes_are_made_in_no_time_that_grows_with_what_else_there_is() -> None:
    others = [spend(code=f"other-{number}") for number in range(50)]
    changes = changes_of([program(), *others, spend()])
    before = changes.rulebook.chain("activity", "other-7")
    assert make(changes, *(change("save", spend(name=f"n{number}")) for number in range(200)))[-1] == 201
    # What did not change was compiled once.
    assert changes.rulebook.chain("activity", "other-7") is before
