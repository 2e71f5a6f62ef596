"""Members who claim, among the documents that are still to come."""

from __future__ import annotations

import json
from typing import Any

from tidemark.demo.claims import Claims


def released(member_id: str, claimed_at: str | None = None) -> dict[str, Any]:
    return {"grant_id": f"bag/{member_id}/1", "gift": 1, "member_id": member_id, "claimed_at": claimed_at}


def documents(*times: str) -> list[bytes]:
    return [json.dumps({"type": "purchase", "received_at": time}).encode() for time in times]


def test_a_claim_follows_the_next_document_at_its_time() -> None:
    claims = Claims()
    lines = claims.among([*documents("2010-01-01T10:00:00+00:00", "2010-01-02T10:00:00+00:00"), b'{"type":"change"}'])
    first = next(lines)
    assert json.loads(first)["received_at"] == "2010-01-01T10:00:00+00:00"
    claims.heard(released("13"))
    assert json.loads(next(lines)) == {
        "type": "claim",
        "member_id": "13",
        "grant_id": "bag/13/1",
        "gift": 1,
        "claimed_at": "2010-01-01T10:00:00+00:00",
        "received_at": "2010-01-01T10:00:00+00:00",
    }
    assert json.loads(next(lines))["type"] == "purchase"
    # A change does not say when it was received.
    assert json.loads(next(lines))["type"] == "change"
    claims.heard(released("14"))
    assert json.loads(next(lines))["claimed_at"] == "2010-01-02T10:00:00+00:00"
    assert list(lines) == []


def test_some_do_not_look_and_what_is_claimed_is_not_claimed_again() -> None:
    claims = Claims()
    for number in range(8):
        claims.heard(released(str(number)))
        claims.heard(released(str(number), claimed_at="2010-01-01T10:00:00+00:00"))
    lines = [json.loads(line) for line in claims.among(documents("2010-01-01T10:00:00+00:00"))]
    assert [line["member_id"] for line in lines[1:]] == ["1", "2", "3", "5", "6", "7"]
