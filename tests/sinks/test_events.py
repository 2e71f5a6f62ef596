"""What goes out: dead letters keep every byte, ids are unique, CloudEvents headers are whole (spec 1.6, 4.1)."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.batches import NO_HEADERS, build, entry
from rules.times import iso
from sinks.topics.cloudevents import TYPES
from sinks.topics.events import encode_dead_letter
from sinks.topics.outputs import Outputs
from streams.topics import (
    BENEFITS,
    CHOICES,
    DEAD_LETTERS,
    DELIVERIES,
    DEPARTURES,
    FIGURES,
    GIFTS,
    LEVELS,
    LIMITED,
    NOTIFICATIONS,
    REFUSALS,
    RELEASES,
    THRESHOLDS,
    TOPICS,
)
from tests.entries import read_back
from tests.folded import raw_of

(LETTERS_BYTES,) = (int(topic.config["max.message.bytes"]) for topic in TOPICS if topic.name == DEAD_LETTERS)


@given(st.binary(), st.none() | st.binary())
def test_a_dead_letter_holds_the_very_bytes(raw: bytes, key: bytes | None) -> None:
    letter = json.loads(encode_dead_letter("invalid", "why", "pos.orders/0/7", 0, key, raw))
    assert raw_of(letter) == raw
    assert ("raw" in letter) != ("raw_base64" in letter)
    if "raw_base64" in letter:
        assert base64.b64decode(letter["raw_base64"], validate=True) == raw


@pytest.mark.parametrize(
    "raw", [bytes(20 * 2**20), b"\xff" * (8 * 2**20 + 1), b"\x01" * (8 * 2**20), b'"' * (8 * 2**20), "ß".encode() * 2**22]
)
def test_a_dead_letter_fits_its_topic_and_says_what_it_does_not_hold(raw: bytes) -> None:
    value = encode_dead_letter("too_large", "why" * 10_000, "pos.orders/0/7", 0, b"\x01" * 10_000, raw)
    assert len(build([entry(None, value, NO_HEADERS)], 0).data) < LETTERS_BYTES
    letter = json.loads(value)
    if len(raw) <= 8 * 2**20:
        assert raw_of(letter) == raw and not letter.get("truncated")
        return
    first = raw_of(letter)
    assert letter["truncated"] and raw.startswith(first) and len(first) >= 1024
    assert (letter["length"], letter["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_time_can_be_told(received_ms: int) -> None:
    assert json.loads(encode_dead_letter("invalid", "why", "s", received_ms, None, b""))["received_at"].endswith("+00:00")


def test_every_topic_that_goes_out_has_a_type_of_event() -> None:
    assert set(TYPES) == {
        GIFTS,
        RELEASES,
        BENEFITS,
        CHOICES,
        DEPARTURES,
        LEVELS,
        THRESHOLDS,
        REFUSALS,
        FIGURES,
        LIMITED,
        NOTIFICATIONS,
        DELIVERIES,
        DEAD_LETTERS,
    }


def headers_of(topic: str, event_id: str, partition: int, turn: int, number: int) -> dict[str, bytes | None]:
    """Of a turn's n-th record, as whoever reads it has them."""
    outputs = Outputs("aggregate", partition, turn)
    for _ in range(number + 1):
        outputs.put(topic, event_id, None, b"{}")
    return dict(read_back(outputs.by_topic[topic])[number].headers)


def test_the_headers_are_those_of_cloudevents_and_their_sequence_sorts_as_text() -> None:
    found = headers_of("gifts", "spend/ann/1", 3, 7, 2)
    assert found["ce_specversion"] == b"1.0" and found["ce_id"] == b"spend/ann/1" and found["ce_type"] == b"tidemark.gift.granted"
    places = [(turn, number) for turn in (1, 9, 10, 123_456) for number in (0, 9, 10, 999, 1_000, 1_001)]
    sequences = [headers_of("gifts", "x", 0, *place)["ce_sequence"] or b"" for place in places]
    assert sequences == sorted(sequences)


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC) | OFFSETS))
def test_times_are_told_as_they_were_given(at: datetime) -> None:
    assert iso(at) == at.isoformat()
