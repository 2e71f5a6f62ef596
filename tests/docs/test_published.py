"""What is put out on the topics is JSON with a published schema, under CloudEvents' headers, over whole lives (spec 4.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from agents.delivery.attempts import Attempts
from agents.fold.incoming import Incoming
from broker.wire.records import Record
from devtools.schemas import FOLDER
from rules.clock import DocumentsClock
from sinks.sink import Refused, Taken
from sinks.topics.cloudevents import TYPES
from streams.topics import (
    BENEFITS,
    DEAD_LETTERS,
    DEPARTURES,
    FIGURES,
    GIFTS,
    LEVELS,
    NOTIFICATIONS,
    REFUSALS,
    RELEASES,
    THRESHOLDS,
)
from tests.agents.test_messages import ANN, CENTRE, PROGRAM
from tests.folding import Folding
from tests.generate.campaigns import campaign
from tests.oracle.examples import at, order

SCHEMAS = {
    GIFTS: "grant",
    RELEASES: "release",
    REFUSALS: "refusal",
    LEVELS: "level-changed",
    THRESHOLDS: "threshold-crossed",
    NOTIFICATIONS: "notification",
    BENEFITS: "benefit-issued",
    DEPARTURES: "departed",
    FIGURES: "figures-added",
    DEAD_LETTERS: "dead-letter",
}
HEADERS = {"ce_specversion", "ce_type", "ce_source", "ce_id", "ce_sequence", "content-type"}
SILVER: dict[str, Any] = PROGRAM["levels"][0] | {
    "benefits": [{"kind": "free_shipping_coupon", "code": "ship", "name": "Free delivery", "issue": "on_upgrade"}]
}


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / f"{name}.json").read_text()))


def lives() -> Iterator[Folding]:
    for seed in range(6):
        definitions, documents = campaign(seed)
        folding = Folding(definitions, DocumentsClock(), figures=True)
        for document in documents:
            folding.take(document)
        folding.turn()
        folding.end()
        yield folding
    folding = Folding([PROGRAM | {"levels": [SILVER]}, CENTRE], DocumentsClock(), figures=True)
    for document in (ANN, order("a", at(1), ("x", 1, 200)), {"type": "member", "member_id": "ann", "deleted": True}):
        folding.take(document)
    folding.turn()
    yield folding


@pytest.mark.slow
def test_every_record_of_a_life_is_as_its_schema_says_and_has_the_headers() -> None:
    validators = {topic: schema(name) for topic, name in SCHEMAS.items()}
    seen = set[str]()
    for folding in lives():
        for topic, records in folding.outputs.items():
            for record in records:
                headers = dict(record.headers)
                assert headers.keys() == HEADERS and headers["ce_type"] == TYPES[topic]
                assert headers["content-type"] == b"application/json" and headers["ce_specversion"] == b"1.0"
                assert [each.message for each in validators[topic].iter_errors(json.loads(record.value or b""))] == []
                seen.add(topic)
    assert seen == SCHEMAS.keys()


@pytest.mark.parametrize("by_message", [False, True])
def test_what_is_told_of_attempts_is_as_its_schema_says(by_message: bool) -> None:
    given = [Incoming(GIFTS, Record(offset, 0, None, b"", [])) for offset in range(3)]
    attempts = Attempts("it", by_message=by_message, partition=0, given=given)
    attempts.tried(1, 1, "503")
    attempts.failed("503", 1_000)
    told = [attempts.waiting(), attempts.settled([Taken.NOW, Refused("it_refused", "why"), Taken.BEFORE])]
    for each in told:
        assert [error.message for error in schema("attempted").iter_errors(json.loads(msgspec.json.encode(each)))] == []
