"""What holds of every kind of document, whichever there are (spec 1.1 to 1.7)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from rules.documents.accepting import accept
from rules.documents.judging import Judging
from rules.documents.kind import Document, Kind
from rules.documents.kinds import ANY_SHAPE, BY_TYPE, KINDS, keys_of, time_of
from rules.documents.validity import InvalidDocument
from rules.times import DAY_MS
from tests.oracle.examples import at, order, refund

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
JUDGING = Judging(1, NOON_MS)
TILL = {"terminal_id": "t", "receipt_no": "7", "business_date": "2024-01-01"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "purchase": order("same", at(1), ("x", 1, 60), **TILL),
    "refund": refund("same", "same", at(1), ("x", 1, 60), **TILL),
    "claim": {"type": "claim", "member_id": "ann", "grant_id": "a/ann/1", "claimed_at": at(1)},
    "payment": {
        "type": "payment",
        "payment_id": "same",
        "member_id": "ann",
        "level": "plus",
        "paid_at": at(1),
        "amount": 60,
        "currency": "GBP",
    },
    "points": {"type": "points", "points_id": "same", "member_id": "ann", "points": 60, "earned_at": at(1)},
    "test_send": {"type": "test_send", "test_id": "same", "activity": "a", "member_id": "ann", "sent_at": at(1)},
    "member": {"type": "member", "member_id": "ann", "registered_at": at(1)},
}


def decoded(document: dict[str, Any]) -> Document:
    found: Document = msgspec.json.decode(json.dumps(document), type=ANY_SHAPE)
    return found


def kind_of(name: str) -> Kind:
    return KINDS[type(decoded(EXAMPLES[name]))]


def test_there_is_an_example_of_each() -> None:
    assert set(BY_TYPE) == set(EXAMPLES)
    assert {type(decoded(example)) for example in EXAMPLES.values()} == {kind.shape for kind in BY_TYPE.values()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_happened_when_its_time_says_and_else_when_it_was_received(name: str) -> None:
    field = kind_of(name).time_field
    assert time_of(decoded(EXAMPLES[name] | {field: at(1)}), 5) == NOON_MS
    try:
        untold = decoded({key: value for key, value in EXAMPLES[name].items() if key != field})
    except msgspec.ValidationError as error:
        assert f"`{field}`" in str(error)
    else:
        assert time_of(untold, 5) == 5


@pytest.mark.parametrize("name", EXAMPLES)
def test_more_than_a_day_ahead_of_when_it_was_received_is_said_by_its_field(name: str) -> None:
    document = decoded(EXAMPLES[name])
    assert accept(document, NOON_MS - DAY_MS, JUDGING, 0).time_ms == NOON_MS
    with pytest.raises(InvalidDocument) as invalid:
        accept(document, NOON_MS - DAY_MS - 1, JUDGING, 0)
    assert invalid.value.field == f"/{kind_of(name).time_field}"


def test_no_two_kinds_nor_members_nor_partitions_share_a_key() -> None:
    keys = [
        key
        for example in EXAMPLES.values()
        for member_id in ("ann", "bob")
        for seed in (0, 1)
        for key in keys_of(decoded(example | {"member_id": member_id}), seed) or ()
    ]
    # Of a payment, and of points, there is no business key.
    assert len(set(keys) - {None}) == len(keys) - keys.count(None) == 24


NUMBERED = ("purchase", "refund")


@pytest.mark.parametrize("name", NUMBERED)
def test_content_is_what_counts_and_nothing_else(name: str) -> None:
    first = accept(decoded(EXAMPLES[name]), NOON_MS, JUDGING, 0)
    own_id = {"purchase": "order_id", "refund": "refund_id"}[name]
    beside = [
        {"fees": 5, "total": 65},
        {"tax": 5, "total": None},
        {"rounding": -1, "total": 59},
        {"receipt_no": 7},
        {"terminal_id": None},
    ]
    for same in (
        *beside,
        {own_id: "other"},
        {"received_at": at(1, "12:00:01")},
        {kind_of(name).time_field: "2024-01-01T13:00:00+01:00"},
        {"note": 1},
    ):
        assert accept(decoded(EXAMPLES[name] | same), NOON_MS, JUDGING, 0).content == first.content
    for other in ({"store_id": "n-2"}, {kind_of(name).time_field: at(1, "12:00:01")}, {"currency": "EUR"}, {"channel": "online"}):
        assert accept(decoded(EXAMPLES[name] | other), NOON_MS, JUDGING, 0).content != first.content


@pytest.mark.parametrize("name", EXAMPLES)
def test_looking_at_a_document_leaves_it_as_it_is(name: str) -> None:
    document = decoded(EXAMPLES[name] | {"received_at": at(1), kind_of(name).time_field: "2024-01-01T13:00:00+01:00"})
    before = msgspec.json.encode(document)
    accept(document, NOON_MS, JUDGING, 0)
    assert msgspec.json.encode(document) == before


@pytest.mark.parametrize(
    ("name", "same", "others"),
    [
        (
            "payment",
            {"payment_id": "other", "paid_at": "2024-01-01T13:00:00+01:00"},
            [{"program": "classic"}, {"level": "gold"}, {"from_level": "gold"}, {"amount": 61}, {"currency": "EUR"}],
        ),
        (
            "points",
            {"points_id": "other", "order_id": "b", "earned_at": "2024-01-01T13:00:00+01:00"},
            [{"program": "classic"}, {"points": 61}, {"points": -60, "takes_back": "b"}, {"points": -60}, {"imported": True}],
        ),
    ],
)
def test_content_of_what_no_till_numbers_is_what_counts(name: str, same: dict[str, Any], others: list[dict[str, Any]]) -> None:
    contents = [accept(decoded(EXAMPLES[name] | change), NOON_MS, JUDGING, 0).content for change in ({}, same, *others)]
    assert contents[0] == contents[1] and len(set(contents)) == len(others) + 1


@pytest.mark.parametrize("name", NUMBERED)
def test_of_nobody_known_no_keys_are_made(name: str) -> None:
    found = accept(decoded(EXAMPLES[name] | {"member_id": None}), NOON_MS, JUDGING, 0)
    assert (found.own_key, found.business_key, found.content) == (b"", None, b"")
    assert found.amount == 60
