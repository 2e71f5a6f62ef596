"""`tidemark grants --member ID` (spec 6)."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import msgspec
from cyclopts import Parameter

from tidemark.explaining.grants import Made, state, what
from tidemark.explaining.of_member import grants_of_member
from tidemark.explaining.stored import open_stored
from tidemark.logs import configure_logging
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, say, say_json, say_table

Json = Annotated[bool, Parameter(negative="", help="JSON, a grant a line, in place of a table")]


def grants(*, member: str, json: Json = False) -> None:
    """List a member's grants, oldest first: each gift, its release and claim, and the order that made it.

    Parameters
    ----------
    member
        The member's id.
    """
    settings = Settings()
    configure_logging(settings.log_level)
    found, no_longer = asyncio.run(_ask(settings, member))
    # That somebody was deleted is among these.
    for said in no_longer:
        complain(said)
    if found is None:
        return
    if json:
        for each in found:
            say_json(msgspec.json.encode(each))
        return
    if not found:
        say(f"member {member} has no grants", sys.stderr)
        return
    say_table(("grant", "version", "occurred at", "order", "gift", "what", "state"), [row for each in found for row in _rows(each)])


async def _ask(settings: Settings, member_id: str) -> tuple[list[Made] | None, list[str]]:
    async with open_stored(settings) as stored:
        return await grants_of_member(stored, member_id), stored.no_longer


def _rows(made: Made) -> list[tuple[str, ...]]:
    name = f"{made.grant_id} (test)" if made.test is not None else made.grant_id
    grant = (name, str(made.version), made.occurred_at, made.order_id or "")
    return [(*grant, str(gift.gift), what(gift), state(gift)) for gift in made.gifts]
