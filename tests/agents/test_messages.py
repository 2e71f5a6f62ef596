"""What programs tell members: of a level that was gained, and of rules and benefits as they are registered (spec 3.11)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from rules.definitions.checking.check import check
from streams.notices import notices_by_mini_program, notices_by_sms
from streams.topics import NOTIFICATIONS
from tests.folding import Document, Folding
from tests.oracle.examples import order
from tidemark.replay.outputs.notifications import Notifications

PROGRAM: Document = {
    "kind": "program",
    "code": "club",
    "name": "The club",
    "currency": "GBP",
    "rules": "Spend and rise.",
    "levels": [
        {
            "code": "silver",
            "name": "Silver",
            "threshold": 100,
            "benefits": [
                {"kind": "discount", "code": "five", "name": "5% off", "percentage": 5},
                {"kind": "custom", "code": "chair", "name": "A chair"},
                {"kind": "free_shipping_coupon", "code": "ship", "name": "Free delivery"},
            ],
        },
        {"code": "gold", "name": "Gold", "threshold": 500, "benefits": [{"kind": "custom", "code": "sofa", "name": "A sofa"}]},
    ],
}
CENTRE: Document = {
    "kind": "message_centre",
    "code": "message-centre",
    "texts": {
        "level_upgraded": "Dear {member_name}, you are {level} now: {discounts}. {what}",
        "rules_and_benefits": "{member_name}, welcome to {program} ({level}). {rules} {benefits}",
    },
}
ANN: Document = {
    "type": "member",
    "member_id": "ann",
    "registered_at": "2022-01-01T00:00:00+00:00",
    "name": "Ann {level}",
    "phone": "447700900123",
    "mini_programs": {"main": "u1", "other": "u2"},
    "consents": {"sms": True, "mini_program": True, "email": True},
}
SILVER = "Dear Ann {level}, you are Silver now: 5% off, Free delivery. {what}"
WELCOME = "Ann {level}, welcome to The club (). Spend and rise. Silver: 5% off, A chair, Free delivery; Gold: A sofa"


def folding(*definitions: Document) -> Folding:
    return Folding(definitions, DocumentsClock())


def told(flow: Folding, type_: str) -> list[Document]:
    return [each for each in flow.values(NOTIFICATIONS) if each["type"] == type_]


def played(*documents: Document, definitions: tuple[Document, ...] = (PROGRAM, CENTRE)) -> Folding:
    flow = folding(*definitions)
    for document in documents:
        flow.take(document)
        flow.turn()
    assert flow.reasons() == []
    return flow


def spent(amount: int, when: str = "2022-01-02T10:00:00+00:00", **more: Any) -> Document:
    return order(f"o{amount}", when, ("x", 1, amount)) | more


def test_of_an_upgrade_on_every_channel_with_its_placeholders() -> None:
    flow = played(ANN, spent(100))
    alike = {"type": "level_upgraded", "program": "club", "level": "silver", "member_id": "ann"}
    at = {"text": SILVER, "at": "2022-01-02T10:00:00+00:00"}
    assert told(flow, "level_upgraded") == [
        alike | {"channel": "sms", "mini_program": None, "user": "447700900123"} | at,
        alike | {"channel": "mini_program", "mini_program": "main", "user": "u1"} | at,
        alike | {"channel": "mini_program", "mini_program": "other", "user": "u2"} | at,
        alike | {"channel": "email", "mini_program": None, "user": None} | at,
    ]
    ids = [dict(record.headers)["ce_id"] for record in flow.outputs[NOTIFICATIONS]]
    assert len(set(ids)) == len(ids)


def test_one_message_for_the_level_that_is_held_however_many_were_gained() -> None:
    assert {each["level"] for each in told(played(ANN, spent(500)), "level_upgraded")} == {"gold"}


def test_of_the_rules_and_benefits_as_he_is_registered() -> None:
    found = told(played(ANN), "rules_and_benefits")
    assert [each["channel"] for each in found] == ["sms", "mini_program", "mini_program", "email"]
    assert {(each["text"], each["level"], each["at"]) for each in found} == {(WELCOME, None, "2022-01-01T00:00:00+00:00")}


def test_once_for_each_program_that_he_comes_to() -> None:
    other = PROGRAM | {"code": "other", "name": "Other", "levels": []}
    joins = {"type": "member", "member_id": "ann", "programs": ["club", "other"], "registered_at": "2022-02-01T00:00:00+00:00"}
    flow = played(ANN, joins, joins, definitions=(PROGRAM | {"default": True}, other, CENTRE))
    assert [each["program"] for each in told(flow, "rules_and_benefits") if each["channel"] == "sms"] == ["club", "other"]


@pytest.mark.parametrize(
    ("consents", "channels"),
    [({}, []), ({"sms": True}, ["sms"]), ({"sms": False, "email": True}, ["email"]), ({"mini_program": False}, [])],
)
def test_only_where_he_said_yes(consents: Document, channels: list[str]) -> None:
    flow = played(ANN | {"consents": consents}, spent(100))
    for type_ in ("level_upgraded", "rules_and_benefits"):
        assert [each["channel"] for each in told(flow, type_)] == channels


SILENT: dict[str, tuple[tuple[Document, ...], list[Document]]] = {
    "no text": ((PROGRAM, CENTRE | {"texts": {"welcome": "Hello"}}), [ANN, spent(100)]),
    "no message centre": ((PROGRAM,), [ANN, spent(100)]),
    "an unknown member": ((PROGRAM, CENTRE), [spent(100)]),
    "off": ((PROGRAM | {"enabled": False}, CENTRE), [ANN, spent(100)]),
}


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_said(name: str) -> None:
    definitions, documents = SILENT[name]
    assert played(*documents, definitions=definitions).values(NOTIFICATIONS) == []


def test_an_imported_order_says_nothing_of_the_level() -> None:
    definition = PROGRAM | {"standard": {"include_imported": True}}
    flow = played(ANN, spent(100, imported=True), definitions=(definition, CENTRE))
    assert flow.levels()[0]["level"] == "silver"
    assert told(flow, "level_upgraded") == []


def test_a_replays_file_has_none_of_these() -> None:
    output = Notifications()
    for record in played(ANN, spent(100)).outputs[NOTIFICATIONS]:
        assert not output.take(NOTIFICATIONS, record.value or b"")
    assert list(output.rows()) == []


def test_gateways_take_them_each_on_its_channel() -> None:
    records = [record.value for record in played(ANN, spent(100)).outputs[NOTIFICATIONS]]
    texts = [notice for value in records if (notice := notices_by_sms(value, 10_000)) is not None]
    programs = [notice for value in records if (notice := notices_by_mini_program(value, 10_000)) is not None]
    assert (len(texts), len(programs)) == (2, 4)
    assert len({notice.key for notice in (*texts, *programs)}) == 6


def test_placeholders_that_are_not_known_are_warned_of() -> None:
    ((problem,), *_) = check([CENTRE])
    assert (problem.field, problem.warning) == ("texts.level_upgraded", True)
    assert "{what} is not known here" in problem.message
