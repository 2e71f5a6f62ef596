"""`tidemark announce PROGRAM` (spec 3.11)."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from tidemark.logs import configure_logging
from tidemark.members.announcing import NothingToSay
from tidemark.members.announcing import announce as announced
from tidemark.settings.settings import Settings
from tidemark.terminal import counted, give_up, say

Program = Annotated[str, Parameter(name="PROGRAM")]


def announce(program: Program, /, *, at: datetime | None = None) -> None:
    """Tell the members of a program its rules and benefits, on the channels that they have said yes to.

    The text is the Message Centre's `rules_and_benefits`. Messages are put on `notifications`.

    Parameters
    ----------
    program
        The program's code.
    at
        As of when: now unless given. After an interruption, that of the run before: who was told is not told twice.
    """
    settings = Settings()
    configure_logging(settings.log_level)
    if at is not None and at.tzinfo is None:
        give_up("--at: expected a time with an offset, such as 2026-03-01T08:26:00+00:00")
    as_of = at or datetime.now(UTC).replace(microsecond=0)
    try:
        with Progress(
            TextColumn("partitions"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        ) as bar:
            task = bar.add_task("", total=None)

            def advance(partitions: int, of: int) -> None:
                if not partitions:
                    say(f"as of {as_of.isoformat()}: where this is interrupted, go on with --at {as_of.isoformat()}")
                elif sys.stderr.isatty():
                    bar.update(task, completed=partitions, total=of)
                else:
                    say(f"{partitions} of {of} partitions", sys.stderr)

            done = asyncio.run(announced(settings, program, as_of, advance))
    except NothingToSay as error:
        give_up(error)
    say(f"told: {counted(done.members, 'member')} of {program}, by {counted(done.messages, 'message')}")
