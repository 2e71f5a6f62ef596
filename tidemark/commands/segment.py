"""`tidemark segment count FILE` (spec 5, 6)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from tidemark.logs import configure_logging
from tidemark.segments.counting import count as counted
from tidemark.segments.files import NoSegment, read_segment
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, give_up, say, say_json

segment = App(name="segment", help="Segments of the members.")

Json = Annotated[bool, Parameter(negative="", help="JSON, an object, in place of a line")]


@segment.command
def count(file: Path, /, *, json: Json = False) -> None:
    """Count the members who are in a segment now, over all partitions.

    Parameters
    ----------
    file
        YAML or JSON: a segment alone, a `kind: segment` document, or a bulk activity. Saved segments that it names are those in force.
    """
    try:
        asked = read_segment(file)
    except NoSegment as error:
        give_up(*error.lines)
    settings = Settings()
    configure_logging(settings.log_level)
    now_ms = time.time_ns() // 1_000_000
    found = asyncio.run(counted(settings.connection(), settings.prefix, asked, now_ms))
    for code in found.not_saved:
        complain(f"there is no saved segment {code!r}: nobody is in it")
    if json:
        say_json(msgspec.json.encode(found))
    else:
        say(f"{found.matching} of {found.members} members")
