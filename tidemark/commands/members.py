"""`tidemark members find` (spec 1.7)."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from tidemark.logs import configure_logging
from tidemark.members.finding import find as found_by
from tidemark.settings.settings import Settings
from tidemark.terminal import give_up, say_json, say_table

members = App(name="members", help="Members.")

Json = Annotated[bool, Parameter(negative="", help="JSON, a member a line, in place of a table")]


@members.command
def find(
    *,
    member: Annotated[str | None, Parameter(name="--member", help="an id; of one that was merged, whose it is now")] = None,
    phone: Annotated[
        str | None, Parameter(help="its digits are compared, all of them; where several have it, all are shown")
    ] = None,
    json: Json = False,
) -> None:
    """Find a member by an id, or by phone."""
    if (member is None) == (phone is None):
        give_up("say one of --member and --phone")
    settings = Settings()
    configure_logging(settings.log_level)
    found = asyncio.run(found_by(settings.connection(), settings.prefix, member, phone))
    if not found:
        give_up("there is no such member")
    if json:
        for each in found:
            say_json(msgspec.json.encode(each))
        return
    say_table(
        ("member", "name", "phone", "other ids", "levels"),
        [
            (
                each.member_id,
                each.name,
                each.phone,
                " ".join(each.ids),
                " ".join(f"{code}/{level or '-'}" for code, level in each.levels.items()),
            )
            for each in found
        ],
    )
