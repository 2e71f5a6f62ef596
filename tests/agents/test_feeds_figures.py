"""What is counted of each feed, and of words that nobody knows, which are logged once (spec 1.1, 1.3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from agents.fold import noticed
from agents.fold.noticed import Noticed
from streams.routing import partition_of
from streams.topics import ONLINE_ORDERS, POS_ORDERS, REKEYED
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend
from tests.streams.feeds.shapes import receipt, web_order

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
RULES = [program(), spend()]


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that has met none."""
    monkeypatch.setattr("agents.fold.reading.NOTICED", Noticed())
    yield


def test_what_is_voided_or_of_training_is_no_dead_letter_and_counted() -> None:
    before = {why: figure("tidemark_passed_over_total", feed=POS_ORDERS, why=why) for why in ("voided", "training")}
    folding = Folding(RULES)
    folding.take(receipt(kind="VOID"), now_ms=NOON_MS)
    folding.take(receipt(kind="TRAINING"), now_ms=NOON_MS)
    folding.take(receipt(voided=True, closed_at="9999-99-99"), now_ms=NOON_MS)
    folding.take(receipt(), now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    assert folding.progress() == {("spend", "ann"): 150}
    after = {why: figure("tidemark_passed_over_total", feed=POS_ORDERS, why=why) for why in ("voided", "training")}
    assert {why: after[why] - before[why] for why in after} == {"voided": 2, "training": 1}


def test_figures_are_kept_by_feed() -> None:
    names = ("tidemark_documents_total", "tidemark_looked_again_total", "tidemark_rekeyed_total")
    before = {(name, feed): figure(name, feed=feed) for name in names for feed in (POS_ORDERS, ONLINE_ORDERS, REKEYED)}
    refused = {feed: figure("tidemark_dead_letters_total", feed=feed, reason="conflict") for feed in (POS_ORDERS, ONLINE_ORDERS)}
    folding = Folding(RULES, partitions=4)
    away = (partition_of("ann", 4) + 1) % 4
    documents = [
        (POS_ORDERS, order("a", at(1), ("x", 1, 60))),
        (POS_ORDERS, order("b", at(1), ("x", 1, 60), member_id=None)),
        (ONLINE_ORDERS, web_order()),
        (ONLINE_ORDERS, web_order(number="w-2")),
        # Another than the first, which is known once it is at home.
        (ONLINE_ORDERS, order("a", at(1), ("x", 1, 61))),
    ]
    for topic, document in documents:
        folding.take(document, topic=topic, partition=away, now_ms=NOON_MS)
    folding.turn()
    for record in folding.rekeyed:
        folding.take(record.value, topic=REKEYED, partition=record.partition, headers=record.headers, now_ms=NOON_MS)
    folding.turn()
    grown = {key: figure(key[0], feed=key[1]) - value for key, value in before.items()}
    assert grown == {
        ("tidemark_documents_total", POS_ORDERS): 2,
        ("tidemark_documents_total", ONLINE_ORDERS): 3,
        ("tidemark_documents_total", REKEYED): 4,
        ("tidemark_looked_again_total", POS_ORDERS): 0,
        ("tidemark_looked_again_total", ONLINE_ORDERS): 2,
        ("tidemark_looked_again_total", REKEYED): 0,
        ("tidemark_rekeyed_total", POS_ORDERS): 1,
        ("tidemark_rekeyed_total", ONLINE_ORDERS): 3,
        ("tidemark_rekeyed_total", REKEYED): 0,
    }
    counted = {feed: figure("tidemark_dead_letters_total", feed=feed, reason="conflict") - value for feed, value in refused.items()}
    assert counted == {POS_ORDERS: 0, ONLINE_ORDERS: 1}


def test_who_writes_our_headers_makes_no_figures() -> None:
    folding = Folding(RULES)
    for number in range(3):
        folding.take(b"{", topic=REKEYED, now_ms=NOON_MS, headers=[("tidemark-source", b"made-up-%d/0/1" % number)])
    folding.turn()
    assert figure("tidemark_dead_letters_total", feed="other", reason="undecodable") >= 3
    assert not figure("tidemark_dead_letters_total", feed="made-up-0", reason="undecodable")


def test_a_word_that_nobody_knows_is_counted_each_time_and_logged_once() -> None:
    before = figure("tidemark_unknown_words_total", field="method")
    folding = Folding(RULES)
    with capture_logs() as logs:
        for number in range(3):
            folding.take(
                web_order(number=f"w-{number}", paid=[{"by": "paypal", "amount": 154}]), topic=ONLINE_ORDERS, now_ms=NOON_MS
            )
        folding.take(order("b", at(1), ("x", 1, 60), payments=[{"method": "twint", "amount": 60}]), now_ms=NOON_MS)
        folding.turn()
    assert figure("tidemark_unknown_words_total", field="method") - before == 4
    met = [(log["feed"], log["field"], log["word"]) for log in logs if log["event"] == "unknown_word"]
    assert met == [(ONLINE_ORDERS, "method", "paypal"), (POS_ORDERS, "method", "twint")]


def test_words_without_end_are_not_logged_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noticed, "MOST_WORDS", 10)
    met = Noticed()
    with capture_logs() as logs:
        for number in range(1_000):
            met.words(POS_ORDERS, [("method", f"{number}" * 1_000)])
    assert [log["event"] for log in logs] == ["unknown_word"] * 10 + ["unknown_words_not_logged_any_more"]
    assert max(len(log.get("word", "")) for log in logs) <= 64
