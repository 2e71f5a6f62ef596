"""No broker, or one that does not let us in: every command says so, and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devtools.kafka import Kafka
from streams.topics import TOPICS
from tests.command import nobody, tidemark
from tests.oracle.examples import program
from tests.services.fixtures import LOGIN

COMMANDS = [("topics",), ("publish",), ("aggregate",), ("dead-letters", "list")]
# A worker ends its process, so it has one.
_OF_ITS_OWN = ("aggregate",)


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "classic.json").write_text(json.dumps(program(1_000)))
    return folder


@pytest.mark.parametrize(
    "command", [pytest.param(each, marks=pytest.mark.slow) if each == _OF_ITS_OWN else each for each in COMMANDS]
)
def test_no_broker_is_said_with_its_address(command: tuple[str, ...], definitions: Path) -> None:
    where = nobody()
    ran = tidemark(*command, *([definitions] if command == ("publish",) else []), brokers=where, start_deadline_ms="0")
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    assert f"no broker answers at {where}" in ran.stderr
    assert "start one (make kafka), or set TIDEMARK_BROKERS" in ran.stderr


@pytest.mark.kafka
def test_one_broker_of_the_list_is_enough(kafka: Kafka, prefix: str) -> None:
    ran = tidemark("topics", brokers=f"{nobody()},{kafka.bootstrap}", prefix=prefix, partitions="1")
    assert ran.returncode == 0 and "topics are as they must be" in ran.stdout


@pytest.mark.kafka
def test_topics_that_are_missing_are_said(kafka: Kafka, prefix: str) -> None:
    ran = tidemark("aggregate", brokers=kafka.bootstrap, prefix=prefix)
    assert ran.returncode == 1
    assert (
        f"topic {prefix}pos.orders is missing, and {len(TOPICS) - 1} others are" in ran.stderr
        and "`tidemark topics` creates what is missing" in ran.stderr
    )


@pytest.mark.kafka
@pytest.mark.slow
def test_a_wrong_password_is_said_and_the_right_one_lets_in(kafka: Kafka, prefix: str, definitions: Path) -> None:
    for command in COMMANDS:
        arguments: list[str | Path] = [*command, *([definitions] if command == ("publish",) else [])]
        ran = tidemark(*arguments, brokers=kafka.sasl_bootstrap, kafka_username=LOGIN.user, kafka_password="wrong")
        assert ran.returncode == 1 and "Traceback" not in ran.stderr
        assert f"the broker at {kafka.sasl_bootstrap} refused the user '{LOGIN.user}'" in ran.stderr, command
        assert "check TIDEMARK_KAFKA_USERNAME, TIDEMARK_KAFKA_PASSWORD and TIDEMARK_KAFKA_MECHANISM" in ran.stderr
        assert "wrong" not in ran.stderr
    without = tidemark("topics", brokers=kafka.sasl_bootstrap, start_deadline_ms="0")
    assert without.returncode == 1 and "a broker that wants a password needs TIDEMARK_KAFKA_USERNAME" in without.stderr
    right = {"brokers": kafka.sasl_bootstrap, "kafka_username": LOGIN.user, "kafka_password": LOGIN.password}
    right |= {"prefix": prefix, "partitions": "1"}
    assert tidemark("topics", **right).returncode == 0
    assert tidemark("publish", definitions, **right).returncode == 0
