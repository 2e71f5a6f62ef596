"""`tidemark dead-letters list|show|resend` (spec 1.6)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from aiokafka.client import AIOKafkaClient
from cyclopts import App, Parameter
from cyclopts.validators import Number

from broker.client.client import open_client
from broker.client.fence import acquire
from broker.client.produce import WriteFailed, settled
from streams.topics import DEAD_LETTERS, SOURCES
from tidemark.dead_letters.letters import Letter, Resent, read_letters, where_it_is
from tidemark.dead_letters.listing import Listing, Row
from tidemark.dead_letters.resending import SUNK, NotResendable, Resender
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, give_up, put_document, say, say_json

dead_letters = App(name="dead-letters", help="Documents that could not be taken: list them, look at one, send them again.")

Reason = Annotated[str | None, Parameter(help="only those of this reason, such as invalid, late or conflict")]
_T = TypeVar("_T")

Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=100_000), help="at most this many, the newest")]


@dead_letters.command(name="list")
def list_(*, reason: Reason = None, limit: Limit = 100, json: bool = False) -> None:
    """List dead letters, the newest last: id (topic/partition/offset of the document), reason, when received, what is wrong.

    Parameters
    ----------
    json
        A JSON object a line, with the whole of what is wrong.
    """

    async def run(client: AIOKafkaClient, topic: str) -> None:
        listing = Listing(reason, limit)
        async for found in read_letters(client, topic):
            listing.add(found)
        for row in listing.rows():
            if json:
                say_json(msgspec.json.encode(row))
            else:
                say(_line(row))
        if not listing.matching:
            say(f"no dead letters{'' if reason is None else ' of reason ' + reason} on {topic}", sys.stderr)
        elif listing.matching > limit:
            say(f"the newest {limit} of {listing.matching}; --limit shows more", sys.stderr)

    _on_topic(run)


@dead_letters.command
def show(id_: Annotated[str, Parameter(name="ID")], /) -> int:
    """Show one dead letter: its document's bytes on standard output; all else on standard error.

    They go to a file or another program just as they came; on a terminal what could act on it is made visible.
    """

    async def run(client: AIOKafkaClient, topic: str) -> int:
        newest: Letter | None = None
        async for found in read_letters(client, topic):
            if isinstance(found, Letter) and found.id == id_:
                newest = found
        if newest is None:
            return _not_found(id_)
        letter = newest.letter
        for name, value in (
            ("id", newest.id),
            ("reason", letter.reason),
            ("detail", letter.detail),
            ("received_at", letter.received_at),
            ("key", letter.key),
            ("bytes", newest.length),
        ):
            say(f"{name:12} {'' if value is None else value}", sys.stderr)
        if letter.truncated or letter.last_offset is not None:
            say(f"{'sha256':12} {letter.sha256}", sys.stderr)
            say(f"{'not whole':12} {where_it_is(newest)}", sys.stderr)
        put_document(newest.raw)
        return 0

    return _on_topic(run)


@dead_letters.command
def resend(
    *ids: Annotated[str, Parameter(name="ID")],
    reason: Reason = None,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="every one that was not sent again yet")] = False,
    file: Annotated[Path | None, Parameter(help="send these bytes, mended, in place of the one ID's own")] = None,
    again: Annotated[bool, Parameter(negative="", help="those as well that were sent again before")] = False,
) -> int:
    """Send documents again to the feed that they came from, keyed by their member, with when they were first received.

    Give IDs, or --reason, or --all. Dead letters are a log: they stay listed, marked as sent again, and are not sent twice unless
    --again asks for it. A document that is refused again is a new dead letter with an id of its own; one that was taken already is
    dropped when it comes again, so that nothing counts twice.
    """
    if bool(ids) + (reason is not None) + all_ != 1:
        give_up("give IDs, or --reason, or --all: one of the three (`tidemark dead-letters list` lists the ids)")
    if file is not None and len(ids) != 1:
        give_up("--file mends one document: give its ID with it")
    mended = None if file is None else file.read_bytes()
    if mended is not None and not mended.strip():
        give_up(f"{file} is empty")
    prefix = Settings().prefix

    async def run(client: AIOKafkaClient, topic: str) -> int:
        await settled(client, [prefix + feed for feed in (*SOURCES, *SUNK)])
        wanted, before = await _select(client, topic, set(ids), reason)
        refused = sum(_not_found(id_) for id_ in sorted(set(ids) - wanted))
        if not again:
            for id_ in sorted(wanted & before):
                say(f"{id_}: was sent again before; --again sends it once more")
            wanted -= before
        resender = Resender(client, await acquire(client, None, 30.0), prefix)
        sent = 0
        async for found in read_letters(client, topic):
            if isinstance(found, Letter) and found.id in wanted:
                wanted.remove(found.id)
                try:
                    say(f"{found.id}: sent again to {await resender.send(found, mended)}")
                    sent += 1
                except NotResendable as error:
                    complain(error)
                    refused += 1
        say(f"{sent} sent again")
        return 1 if refused else 0

    return _on_topic(run)


async def _select(client: AIOKafkaClient, topic: str, ids: set[str], reason: str | None) -> tuple[set[str], set[str]]:
    """The ids that are asked for (all where no ids are given), and those of documents that were sent again before."""
    wanted: set[str] = set()
    before: set[str] = set()
    async for found in read_letters(client, topic):
        if isinstance(found, Resent):
            before.add(found.id)
        elif found.id in ids or (not ids and reason in (None, found.letter.reason)):
            wanted.add(found.id)
    return wanted, before


def _on_topic(run: Callable[[AIOKafkaClient, str], Coroutine[Any, Any, _T]]) -> _T:
    """Runs something on the dead letters' topic."""

    async def connected() -> _T:
        settings = Settings()
        topic = settings.prefix + DEAD_LETTERS
        async with _client(settings) as client:
            await settled(client, [topic])
            return await run(client, topic)

    try:
        return asyncio.run(connected())
    except WriteFailed as error:
        give_up(f"the broker did not take it: {error}")


@asynccontextmanager
async def _client(settings: Settings) -> AsyncIterator[AIOKafkaClient]:
    client = await open_client(settings.connection(), "tidemark-dead-letters")
    try:
        yield client
    finally:
        await client.close()


def _not_found(id_: str) -> int:
    complain(f"there is no dead letter {id_!r}; `tidemark dead-letters list` lists them")
    return 1


def _line(row: Row) -> str:
    mark = "  (sent again)" if row.resent else ""
    return f"{row.id:24}  {row.reason:15}  {row.received_at}  {row.shortened()}{mark}"
