"""`tidemark explain GRANT_ID`, `tidemark explain --order ORDER_ID --member ID` (spec 6)."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from cyclopts import Parameter

from tables.commit_log import Corrupt
from tidemark.explaining.grant import Explained, explain_grant
from tidemark.explaining.order import OrderExplained, explain_order
from tidemark.explaining.stored import open_stored
from tidemark.explaining.words import grant_lines, order_lines
from tidemark.logs import configure_logging
from tidemark.settings.settings import Settings
from tidemark.terminal import give_up, say, say_json

Json = Annotated[bool, Parameter(negative="", help="JSON, one object, in place of lines")]


def explain(grant_id: str | None = None, /, *, order: str | None = None, member: str | None = None, json: Json = False) -> None:
    """Explain a grant: its activity's version, the orders that counted, refunds, release, claim, delivery. Or explain what an order
    counted for, and what kept it out where it did not.

    It is told of what is stored, on topics and in the changelog. What is no longer kept is said.

    Parameters
    ----------
    grant_id
        As it stands on `gifts`; `tidemark grants --member ID` lists them.
    order
        In place of a grant: an order's id, with the member whose it is.
    member
        The member's id.
    """
    settings = Settings()
    configure_logging(settings.log_level)
    if grant_id is not None and order is None and member is None:
        grant = asyncio.run(_grant(settings, grant_id))
        if grant is None:
            give_up(f"there is no grant {grant_id}, made or refused; `tidemark grants --member ID` lists a member's")
        _say(msgspec.json.encode(grant), grant_lines(grant), json)
    elif grant_id is None and order is not None and member is not None:
        found = asyncio.run(_order(settings, order, member))
        if found is None:
            give_up(
                f"nothing is known of an order {order} of member {member}: it did not come, or so long ago that its feed and the order "
                "store hold it no longer"
            )
        _say(msgspec.json.encode(found), order_lines(found), json)
    else:
        give_up("expected a GRANT_ID; or --order ORDER_ID and --member ID, both")


def _say(encoded: bytes, lines: list[str], json: bool) -> None:
    if json:
        say_json(encoded)
        return
    for line in lines:
        say(line)


async def _grant(settings: Settings, grant_id: str) -> Explained | None:
    try:
        async with open_stored(settings) as stored:
            return await explain_grant(stored, grant_id)
    except Corrupt as error:
        give_up(error)


async def _order(settings: Settings, order_id: str, member_id: str) -> OrderExplained | None:
    try:
        async with open_stored(settings) as stored:
            return await explain_order(stored, order_id, member_id)
    except Corrupt as error:
        give_up(error)
