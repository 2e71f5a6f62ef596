"""`tidemark claim GRANT_ID --member ID` (spec 2.6)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from rules.documents.claim import MAX_PLACE, Claim
from tidemark.commands.sent import say_where_to_look
from tidemark.members.sending import send_documents
from tidemark.settings.settings import Settings
from tidemark.terminal import say, say_json

Json = Annotated[bool, Parameter(negative="", help="JSON, the document that was sent, in place of a line")]
Place = Annotated[int | None, Parameter(validator=Number(gte=1, lte=MAX_PLACE))]


def claim(grant_id: str, /, *, member: str, gift: Place = None, json: Json = False) -> None:
    """Claim a gift for a member, as of now: a document on the topic `members`.

    What comes of it stands on `releases`, or among the dead letters: `tidemark dead-letters list`.

    Parameters
    ----------
    grant_id
        As it stands on `gifts`.
    member
        The id of the member who has the grant.
    gift
        The gift's place in the grant, from 1; left out: all of it that can be claimed.
    """
    document = Claim(member_id=member, grant_id=grant_id, claimed_at=datetime.now(UTC), gift=gift)
    asyncio.run(send_documents(Settings(), [(member, document)]))
    if json:
        say_json(msgspec.json.encode(document))
        return
    what = "all that can be claimed" if gift is None else f"gift {gift}"
    say(f"sent: a claim of {what} of {grant_id} for member {member}")
    say_where_to_look()
