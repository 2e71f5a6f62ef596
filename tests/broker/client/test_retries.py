"""What lasts is said now and then, and tried again with pauses that grow."""

from __future__ import annotations

import logging

from structlog.testing import capture_logs

from broker.client.retries import Backoff, Said, SeldomLogged


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", logging.ERROR, "client.py", 1, message, arguments, None)


def test_a_line_of_the_libraries_is_let_through_once() -> None:
    seldom = SeldomLogged()
    lines = [record("Unable connect to node with id %s", node) for node in (1, 2, 1, 1, 2)]
    assert [seldom.filter(line) for line in lines] == [True, True, False, False, False]


def test_what_is_repeated_is_said_once() -> None:
    said = Said("write_retried")
    with capture_logs() as logs:
        for _ in range(100):
            said.warn(reason="no leader")
    assert [(line["event"], line["times"]) for line in logs] == [("write_retried", 1)]


def test_what_passes_is_not_warned_of() -> None:
    said = Said("producer_id_asked_again", passing_seconds=3600)
    with capture_logs() as logs:
        said.warn(reason="the coordinator reads its log")
    assert logs == []


def test_pauses_grow_up_to_a_second_and_begin_anew() -> None:
    backoff = Backoff()
    pauses = [backoff.seconds() for _ in range(10)]
    assert pauses[0] <= 0.05
    assert all(0.5 <= pause <= 1.0 for pause in pauses[-3:])
    backoff.reset()
    assert backoff.seconds() <= 0.05
