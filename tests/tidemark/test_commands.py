"""`tidemark topics`, `publish` and `check` (spec 6), and what all commands have in common."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, ResourceType

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.produce import settled
from devtools.kafka import Kafka
from rules.definitions.saved import Saved
from streams.definitions import Definitions
from streams.topics import TOPICS
from tests.command import tidemark
from tests.oracle.examples import program, spend
from tests.replay.command import TIDEMARK, environment
from tidemark.cli import COMMANDS


def folder_with(tmp_path: Path, *documents: dict[str, Any]) -> Path:
    """A folder that holds these definitions and no others."""
    for old in tmp_path.glob("*.json"):
        old.unlink()
    for document in documents:
        (tmp_path / f"{document['kind']}-{document['code']}.json").write_text(json.dumps(document))
    return tmp_path


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS), ["dead-letters", "list"], ["activity", "save"]])
def test_help_is_everywhere(command: list[str]) -> None:
    ran = tidemark(*command, "--help")
    assert ran.returncode == 0 and "Usage: tidemark" in ran.stdout and ran.stderr == ""
    if not command:
        said = " ".join(ran.stdout.replace("│", " ").split())
        assert [name for name, says in COMMANDS.items() if f"{name} {says.replace('`', '')}" not in said] == []


def test_off_a_terminal_there_are_plain_lines() -> None:
    for command in ("settings", "--help"):
        assert "\x1b" not in tidemark(command).stdout


@pytest.mark.slow
def test_who_has_read_enough_gets_no_traceback() -> None:
    run = subprocess.Popen([*TIDEMARK, "settings"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert run.stdout is not None
    run.stdout.close()
    _, said = run.communicate(timeout=60)
    assert said == b""


@pytest.mark.kafka
def test_topics_are_made_once_and_what_is_not_as_it_must_be_is_said(kafka: Kafka, prefix: str) -> None:
    at = {"brokers": kafka.bootstrap, "prefix": prefix}
    made = tidemark("topics", **at)
    assert made.returncode == 0, made.stderr
    names = {prefix + topic.name for topic in TOPICS}
    assert {line.removeprefix("created ") for line in made.stdout.splitlines()[:-1]} == names
    assert f"all {len(names)} topics are as they must be" in made.stdout
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    there = admin.list_topics(timeout=10).topics
    assert {len(there[name].partitions) for name in names - {prefix + "definitions"}} == {8}
    again = tidemark("topics", **at)
    assert (again.returncode, "created" in again.stdout) == (0, False)

    resource = ConfigResource(ResourceType.TOPIC, prefix + "aggregate-changelog")
    resource.add_incremental_config(ConfigEntry("cleanup.policy", "delete", incremental_operation=AlterConfigOpType.SET))
    for changed in admin.incremental_alter_configs([resource]).values():
        changed.result()
    for grown in admin.create_partitions([NewPartitions(prefix + "gifts", 9)]).values():
        grown.result()
    wrong = tidemark("topics", **at)
    assert wrong.returncode == 1
    assert f"topic {prefix}aggregate-changelog has cleanup.policy=delete, and must have compact" in wrong.stdout
    assert f"topic {prefix}gifts has 9 partitions, and must have 8" in wrong.stdout


@pytest.mark.kafka
def test_publishing_says_what_changed_and_keeps_every_version(kafka: Kafka, prefix: str, tmp_path: Path) -> None:
    at = {"brokers": kafka.bootstrap, "prefix": prefix, "partitions": "1"}
    assert tidemark("topics", **at).returncode == 0

    def publish(*documents: dict[str, Any]) -> list[list[str]]:
        ran = tidemark("publish", folder_with(tmp_path, *documents), **at)
        assert ran.returncode == 0, ran.stderr
        return sorted(line.split() for line in ran.stdout.splitlines())

    first, second = spend(threshold=100), spend(threshold=200)
    assert publish(program(1_000), first) == [
        ["new", "activity/spend", "version", "1"],
        ["new", "program/classic", "version", "1"],
    ]
    assert {line[0] for line in publish(program(1_000), first)} == {"unchanged"}
    assert publish(program(1_000), second) == [
        ["changed", "activity/spend", "version", "2:", "condition.threshold:", "100", "->", "200"],
        ["unchanged", "program/classic", "version", "1"],
    ]
    kept = asyncio.run(versions_on(kafka.bootstrap, prefix + "definitions"))
    assert [(saved.version, saved.document) for saved in kept if saved.code == "spend"] == [(1, first), (2, second)]
    assert all(saved.saved_by and saved.saved_at_ms for saved in kept)


async def versions_on(servers: str, topic: str) -> list[Saved]:
    """Every version that stands on a definitions topic, in their order."""
    client = await open_client(Connection(servers), "test")
    try:
        await settled(client, [topic])
        definitions = Definitions(client, topic)
        await definitions.read_to_end()
        return [saved for _, saved in definitions.versions]
    finally:
        await client.close()
