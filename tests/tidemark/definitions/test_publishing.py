"""Definitions put on their topic: who was first, what is too large, what may not change (spec 2.5, 6). On the embedded broker."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.json import encode

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fence import acquire
from broker.client.produce import Producer, Write, settled
from broker.embedded import EmbeddedBroker
from broker.wire.batches import NO_HEADERS, build, entry
from rules.definitions.saved import FORMAT, Saved
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS
from streams.definitions import Definitions, Versions
from tests.oracle.examples import program, spend
from tidemark.definitions.proposals import BATCH_BYTES, TOPIC_BYTES, NotPublished, batches, proposals, saves, user_name
from tidemark.definitions.publishing import publish_definitions

TOPIC = "definitions"


@pytest.fixture
def connection() -> Iterator[Connection]:
    with EmbeddedBroker() as broker:
        yield Connection(broker.servers)


async def publish(connection: Connection, *documents: dict[str, Any]) -> list[tuple[str, str, int]]:
    published = await publish_definitions(connection, TOPIC, documents, NEVER_MS)
    return [(each.what, each.saved.code, each.saved.version) for each in published]


async def on_topic(connection: Connection) -> Definitions:
    """What a worker would read."""
    client = await open_client(connection, "test")
    try:
        await settled(client, [TOPIC])
        found = Definitions(client, TOPIC)
        await found.read_to_end()
        return found
    finally:
        await client.close()


async def append(connection: Connection, value: bytes) -> None:
    """A record of another client."""
    client = await open_client(connection, "other")
    try:
        await settled(client, [TOPIC])
        identity = await acquire(client, None, 10.0)
        batch = build([entry(b"other", value, NO_HEADERS)], 1, identity.producer_id, identity.epoch, identity.take(TOPIC, 0, 1))
        await Producer(client, 10.0).send([Write(TOPIC, 0, batch.data, batch.records)])
    finally:
        await client.close()


def points(number: int) -> dict[str, Any]:
    return spend(gifts=[{"kind": "points", "points": number}])


def test_of_two_at_once_the_second_is_told_who_was_first_and_what_he_changed(connection: Connection) -> None:
    async def both() -> list[object]:
        await publish(connection, program(), points(5))
        return await asyncio.gather(
            publish(connection, points(6), spend(code="mine")), publish(connection, points(7)), return_exceptions=True
        )

    outcomes = asyncio.run(both())
    (error,) = [each for each in outcomes if isinstance(each, BaseException)]
    assert isinstance(error, NotPublished)
    assert re.search(rf"activity/spend: {user_name()} saved version 2 at \S+ \(gifts\[0\].points: 5 -> [67]\), first", str(error))
    assert ("spend", 2) in [(code, version) for each in outcomes if isinstance(each, list) for _, code, version in each]


def test_what_is_equal_is_nobody_s_loss(connection: Connection) -> None:
    async def both() -> list[object]:
        await publish(connection, program())
        return await asyncio.gather(publish(connection, points(6)), publish(connection, points(6)))

    assert all(each in ([("new", "spend", 1)], [("unchanged", "spend", 1)]) for each in asyncio.run(both()))


@pytest.mark.slow
def test_many_go_in_batches_that_the_topic_takes(connection: Connection) -> None:
    scope = {"include": [f"sku-{number:06}" for number in range(200)]}
    many = [spend(code=f"a{number}", item_scope=scope) for number in range(600)]
    changes = asyncio.run(publish(connection, program(), *many))
    assert len(changes) == 601
    definitions = asyncio.run(on_topic(connection))
    assert len(definitions.versions) == 601 and definitions.rulebook.left_out == []
    found, _ = proposals(saves([program(), *many], "eva", 0), Versions(), Rulebook([]), 0, NEVER_MS)
    sizes = [len(build(entries, 0).data) for entries in batches(found)]
    assert len(sizes) > 1 and max(sizes) <= TOPIC_BYTES


def test_one_too_large_is_refused_by_name_and_nothing_is_sent(connection: Connection) -> None:
    large = spend(code="large", item_scope={"include": [f"sku-{number}" for number in range(BATCH_BYTES // 8)]})
    with pytest.raises(NotPublished, match=r"activity/large is too large: .* Nothing was published"):
        asyncio.run(publish(connection, program(), large))
    assert len(asyncio.run(on_topic(connection)).versions) == 0


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (program(), program(currency="EUR"), r"program/classic: currency .* stays as it is"),
        (spend(), spend(draft=True), r"activity/spend: draft .* stays as it is"),
        (spend(), spend(measure="pieces"), r"activity/spend: condition.measure .* stays as it is"),
    ],
)
def test_what_must_stay_is_refused(connection: Connection, before: Any, after: Any, said: str) -> None:
    async def twice() -> None:
        await publish(connection, program(code="other", default=False), before)
        await publish(connection, after)

    with pytest.raises(NotPublished, match=said):
        asyncio.run(twice())
    assert {saved.version for _, saved in asyncio.run(on_topic(connection)).versions} == {1}


def test_after_one_that_nobody_can_judge_by_the_next_version_mends_it(connection: Connection) -> None:
    broken = Saved(kind="activity", code="spend", version=1, saved_at_ms=0, document=spend() | {"gifts": []})

    async def mend() -> list[tuple[str, str, int]]:
        await append(connection, encode(broken))
        return await publish(connection, program(), spend())

    assert asyncio.run(mend()) == [("new", "classic", 1), ("changed", "spend", 2)]


def test_beside_a_newer_format_an_older_release_publishes_nothing(connection: Connection) -> None:
    async def older() -> None:
        await append(connection, encode({"format": FORMAT + 1, "release": "9.1"}))
        await publish(connection, program())

    with pytest.raises(NotPublished, match=r"run release '9\.1' or later.*Nothing was published"):
        asyncio.run(older())


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)

    def nobody(_uid: int) -> pwd.struct_passwd:
        raise KeyError("no such uid")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert user_name() == f"uid {os.getuid()}"
