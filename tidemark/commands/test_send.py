"""`tidemark test-send CODE --member ID…` (spec 2.9)."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from rules.documents.test_send import MAX_VERSION, TestSend
from tidemark.commands.sent import say_where_to_look
from tidemark.members.sending import send_documents
from tidemark.settings.settings import Settings
from tidemark.terminal import counted, say, say_json

Code = Annotated[str, Parameter(name="CODE")]
Json = Annotated[bool, Parameter(negative="", help="JSON, a document that was sent a line, in place of a line")]
Members = Annotated[list[str], Parameter(consume_multiple=True, negative="")]
Version = Annotated[int | None, Parameter(validator=Number(gte=1, lte=MAX_VERSION))]


def test_send(code: Code, /, *, member: Members, version: Version = None, test_id: str | None = None, json: Json = False) -> None:
    """Send the gifts of an activity to members, to try them: all at once, marked `test`, in no figures and no limits.

    What comes of it stands on `gifts`, or among the dead letters: `tidemark dead-letters list`.

    Parameters
    ----------
    code
        The activity's.
    member
        The id of a member, or of several. One that there is not gets nothing.
    version
        Of the activity; drafts too, archived ones not. Left out: the newest.
    test_id
        By what the test is known: it is sent to a member once. Left out: a new one.
    """
    known_by = test_id or uuid.uuid4().hex[:12]
    now = datetime.now(UTC)
    documents = [
        (each, TestSend(test_id=known_by, activity=code, member_id=each, sent_at=now, version=version))
        for each in dict.fromkeys(member)
    ]
    asyncio.run(send_documents(Settings(), documents))
    if json:
        for _, document in documents:
            say_json(msgspec.json.encode(document))
        return
    say(f"sent: test {known_by} of {code} to {counted(len(documents), 'member')}")
    say_where_to_look()
