"""`tidemark activity`: a life of an activity by its commands, on the embedded broker (spec 2.5, 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.embedded import EmbeddedBroker
from tests.command import tidemark
from tests.oracle.examples import program, spend


class Topic:
    """The commands on a broker that has a program and nothing else."""

    def __init__(self, servers: str, folder: Path) -> None:
        self.servers = servers
        self._folder = folder
        folder.joinpath("program.json").write_text(json.dumps(program(1_000)))
        assert tidemark("publish", folder, brokers=servers).returncode == 0

    def run(self, *arguments: str | Path) -> str:
        """What a command said, which went well."""
        ran = tidemark("activity", *arguments, brokers=self.servers)
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
        return ran.stdout

    def refused(self, *arguments: str | Path) -> str:
        """What a command said that was refused."""
        ran = tidemark("activity", *arguments, brokers=self.servers)
        assert (ran.returncode, ran.stdout) == (1, ""), ran.stdout
        return ran.stderr

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """What a command said with --json."""
        return [json.loads(line) for line in self.run(*arguments, "--json").splitlines()]

    def file(self, document: object) -> Path:
        path = self._folder / "activity.yaml"
        path.write_text(json.dumps(document))
        return path


@pytest.fixture
def topic(tmp_path: Path) -> Iterator[Topic]:
    with EmbeddedBroker() as broker:
        yield Topic(broker.servers, tmp_path)


def test_the_life_of_an_activity(topic: Topic) -> None:
    first = topic.file(spend(ends_at="2099-12-31T23:59:59+00:00"))
    assert topic.run("save", first).startswith("new       activity/spend version 1 (save); it holds in 10 seconds")
    assert "nothing that this would change" in topic.run("save", first)
    assert topic.run("pause", "spend", "--version", "2").startswith("changed   activity/spend version 2 (pause)")
    assert topic.rows("pause", "spend") == [{"what": "unchanged", "code": "spend", "version": 2, "change": "pause"}]
    cheaper = spend(condition={"items": "any", "mode": "every", "measure": "amount", "threshold": 50})
    said = topic.run("save", topic.file(cheaper))
    assert "version 3 (save): condition.threshold: 100 -> 50; ends_at: 2099-12-31T23:59:59+00:00 removed" in said
    assert [(row["code"], row["type"], row["shown"], row["version"]) for row in topic.rows("list")] == [
        ("spend", "cumulative_spend", "paused", 3)
    ]
    topic.run("resume", "spend")
    assert topic.rows("list")[0]["shown"] == "running"
    topic.run("archive", "spend")
    assert topic.rows("list")[0]["shown"] == "archived"
    past = topic.rows("history", "spend")
    assert [(each["version"], each["change"], each["state"]) for each in past] == [
        (1, "save", "running"),
        (2, "pause", "paused"),
        (3, "save", "paused"),
        (4, "resume", "running"),
        (5, "archive", "archived"),
    ]
    assert [each["changed"] for each in past[:2]] == ["new", ""] and past[2]["changed"].startswith("condition.threshold: 100 -> 50")
    (second,) = topic.rows("history", "spend", "--version", "2")
    assert (second["state"], second["document"]) == ("paused", spend(ends_at="2099-12-31T23:59:59+00:00"))
    assert second == topic.rows("show", "spend", "--version", "2")[0]
    assert topic.rows("show", "spend")[0]["document"] == cheaper
    assert "archived, which is for good" in topic.refused("resume", "spend")


def test_tables_on_a_terminal(topic: Topic) -> None:
    assert tidemark("activity", "list", brokers=topic.servers).stderr.startswith("no activities; `tidemark activity save FILE`")
    topic.run("save", topic.file(spend(draft=True, starts_at="2024-01-01T00:00:00+00:00")))
    topic.run("pause", "spend")
    heads, row = topic.run("list").splitlines()
    assert heads.split() == ["code", "type", "state", "version", "starts", "ends", "name"]
    assert row.split() == ["spend", "cumulative_spend", "draft", "2", "2024-01-01T00:00:00+00:00", "Spend"]
    assert [line.split()[:3] for line in topic.run("history", "spend").splitlines()] == [
        ["version", "change", "state"],
        ["1", "save", "running"],
        ["2", "pause", "paused"],
    ]
    shown = topic.run("show", "spend").splitlines()
    assert "shown        draft" in shown and '  "code": "spend",' in shown


def test_what_may_not_be_made_says_what_to_do(topic: Topic) -> None:
    topic.run("save", topic.file(spend()))
    topic.run("save", topic.file(spend(name="Spend more")))
    for arguments, said in [
        (("pause", "spent"), "activity/spent: there is no activity with the code 'spent' to pause. Nothing was published"),
        (("show", "spent"), "there is no activity 'spent'; `tidemark activity list` lists them"),
        (("show", "spend", "--version", "7"), "activity 'spend' has no version 7; `tidemark activity history spend` lists them"),
        (("history", "spent"), "there is no activity 'spent'"),
        (("save", program()), "expected one activity; `tidemark publish` takes folders"),
        (("save", spend(gifts=[])), "activity/spend: gifts: "),
        (("save", spend(measure="pieces")), "condition.measure of a published definition stays as it is"),
        (("save", spend(programs=["gold"])), "there is no program with the code 'gold'"),
        (("save", ["nothing"]), "activity.yaml: line 1: expected a definition"),
        (("save", "nowhere.yaml"), "nowhere.yaml: there is no such file: give that of a definition"),
    ]:
        given = [each if isinstance(each, str) else topic.file(each) for each in arguments]
        assert said in topic.refused(*given), arguments
    said = topic.refused("save", topic.file(spend(name="Mine")), "--version", "2")
    assert "saved version 2 at" in said and "(name: Spend -> Spend more). Look at it, and name version 3 to save over it" in said
    assert [row["version"] for row in topic.rows("list")] == [2]


def test_a_schedule_that_is_saved_too_late_says_what_it_does_not_do(topic: Topic) -> None:
    bulk = {"kind": "activity", "type": "bulk", "code": "b", "name": "B", "segment": "all", "timezone": "UTC"}
    bulk |= {"gifts": [{"kind": "points", "points": 1}]}
    past = bulk | {"schedule": {"at": "2020-03-01T00:00:00+00:00"}}
    saved = tidemark("activity", "save", topic.file(past), brokers=topic.servers)
    assert saved.returncode == 0 and "2020-03-01T00:00:00+00:00, has passed by when it holds: it starts nothing" in saved.stderr
    assert topic.run("save", topic.file(bulk | {"schedule": {"at": "2099-03-01T00:00:00+00:00"}})).startswith("changed")
    again = tidemark("activity", "save", topic.file(past), "--json", brokers=topic.servers)
    assert again.stderr == "" and "it starts nothing in that period; no run follows" in json.loads(again.stdout)["missed"]
