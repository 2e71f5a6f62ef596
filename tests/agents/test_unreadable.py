"""What cannot be read, among orders: a dead letter by its place, and the flow goes on (spec 1.6)."""

from __future__ import annotations

import base64
from typing import Any

from agents.fold.incoming import Run
from broker.wire.batches import NO_HEADERS, entry
from broker.wire.parse import Damage, parse
from broker.wire.records import Record
from rules.clock import DocumentsClock
from streams.routing import RECEIVED_HEADER, SOURCE_HEADER
from streams.topics import DEAD_LETTERS, POS_ORDERS, REKEYED
from tests.broker.made import ZSTD, batch
from tests.folding import Folding

PROGRAM = {"kind": "program", "code": "p", "name": "p", "currency": "GBP", "default": True, "levels": []}
NOW_MS = 1_700_000_000_000


def unreadable(first: int, count: int) -> list[Record]:
    made = batch([entry(b"k", b"v", NO_HEADERS)] * count, first, codec=ZSTD, payload=b"nothing of the kind", timestamp_ms=NOW_MS)
    return parse(made, first, first + count).records


def letters(folding: Folding) -> list[dict[str, Any]]:
    return folding.values(DEAD_LETTERS)


def test_it_is_one_dead_letter_by_its_place() -> None:
    folding = Folding([PROGRAM])
    for topic in (POS_ORDERS, REKEYED):
        folding.waiting(0).append(Run(topic, [*unreadable(40, 3), Record(43, NOW_MS, None, b"oops", [])]))
    folding.turn()
    first, second, third, fourth = letters(folding)
    assert (first["reason"], first["source"], first["last_offset"]) == ("unreadable", "pos.orders/0/40", 42)
    assert first["received_at"] == "2023-11-14T22:13:20+00:00" and "from offset 40 to 42" in first["detail"]
    assert base64.b64decode(first["raw_base64"]).endswith(b"nothing of the kind")
    assert first["length"] == 61 + len(b"nothing of the kind") and len(first["sha256"]) == 64
    assert (second["reason"], second["source"]) == ("undecodable", "pos.orders/0/43")
    assert (third["source"], fourth["reason"]) == ("orders.rekeyed/0/40", "undecodable")


def test_in_a_replay_too() -> None:
    folding = Folding([PROGRAM], DocumentsClock())
    folding.waiting(0).append(Run(POS_ORDERS, unreadable(0, 1)))
    folding.turn()
    assert [letter["reason"] for letter in letters(folding)] == ["unreadable"]


def test_a_time_that_is_damaged_moves_no_clock() -> None:
    hit = bytearray(batch([entry(b"k", b"v", NO_HEADERS)], 5))
    hit[35:43] = b"\x7f" * 8
    folding = Folding([PROGRAM])
    folding.waiting(0).append(Run(POS_ORDERS, parse(bytes(hit), 5, 6, damage=Damage.END).records))
    folding.turn()
    (letter,) = letters(folding)
    assert letter["source"] == "pos.orders/0/5" and letter["received_at"].startswith("9998-12-31")
    assert folding.tables[0].clock.now_ms < NOW_MS


def test_headers_that_would_not_fit_are_left_behind_when_a_document_is_re_keyed() -> None:
    folding = Folding([PROGRAM], partitions=2)
    document = {"type": "member", "member_id": "ann"}
    home = folding._home(b'{"member_id": "ann"}')
    headers = [("\udcff", b"kept"), ("other", b"7")]
    folding.take(document, partition=1 - home, headers=list(headers), now_ms=NOW_MS)
    folding.take(document, partition=1 - home, headers=[*headers, ("large", bytes(10 * 2**20))], now_ms=NOW_MS)
    folding.turn()
    small, large = folding.rekeyed
    assert small.headers[:2] == headers
    assert [name for name, _ in large.headers] == [RECEIVED_HEADER, SOURCE_HEADER]
