"""Several people who change one activity at once, on a real topic: one version each, and everybody is told (spec 2.5)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from broker.client.connection import Connection
from devtools.kafka import Kafka
from rules.definitions.saved import ChangeName
from rules.documents.change import Change
from rules.rulebook.changing import versions_told
from rules.state import NEVER_MS
from tests.command import tidemark
from tests.oracle.examples import program, spend
from tidemark.definitions.proposals import NotPublished
from tidemark.definitions.publishing import Published, publish_change, publish_definitions, read_rulebook

PEOPLE = 4
ROUNDS = 3


def change(name: ChangeName, by: str, /, **document: object) -> Change:
    return Change(change=name, kind="activity", code="spend", saved_at=datetime.now(UTC), saved_by=by, document=document)


@pytest.mark.kafka
def test_one_of_them_is_first_and_the_others_are_told_what_he_changed(kafka: Kafka, prefix: str) -> None:
    assert tidemark("topics", brokers=kafka.bootstrap, prefix=prefix).returncode == 0
    connection, topic = Connection(kafka.bootstrap), f"{prefix}definitions"

    async def rounds() -> None:
        await publish_definitions(connection, topic, [program(1_000), spend(name="n")], NEVER_MS)
        for number in range(ROUNDS):
            made = [change("save", f"p{person}", **spend(name=f"n{number}.{person}")) for person in range(PEOPLE)]
            made.append(change("resume" if number % 2 else "pause", "tom"))
            outcomes = await asyncio.gather(
                *(publish_change(connection, topic, each, NEVER_MS) for each in made), return_exceptions=True
            )
            assert all(isinstance(each, Published | NotPublished) for each in outcomes), outcomes
            said = {each.saved.version: each.saved.saved_by for each in outcomes if isinstance(each, Published)}
            chain = (await read_rulebook(connection, topic)).chain("activity", "spend")
            assert chain is not None and chain.left_out == []
            stands = {each.saved.version: each.saved.saved_by for each in chain.standing}
            # Whoever is told that his stands is right, and nobody's is lost who is not told by whom.
            assert said.items() <= stands.items() and said
            told = dict(versions_told(chain))
            for each in outcomes:
                if isinstance(each, NotPublished):
                    assert any(f"activity/spend: {words}, first" in str(each) for words in told.values()), each

    asyncio.run(rounds())
