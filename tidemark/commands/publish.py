"""`tidemark publish DIR`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from rules.definitions.differences import changed_fields
from rules.times import at_utc
from streams.topics import DEFINITIONS
from tidemark.commands.folder import documents_of
from tidemark.definitions.publishing import publish_definitions
from tidemark.logs import configure_logging
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, give_up, say


def publish(folder: Path, /, *, existing_at: datetime | None = None) -> int:
    """Check the definitions in a folder and put them on the definitions topic; say what changed.

    Parameters
    ----------
    existing_at
        When changed programs come to hold for the members who are there already, with an offset; new ones are under the new rules from
        now on. Until then these programs are not to be edited: `tidemark levels bring-forward` and `cancel`.
    """
    if existing_at is not None and existing_at.utcoffset() is None:
        give_up(f"--existing-at: expected a time with an offset, as 2026-03-01T10:00:00+00:00; got {existing_at.isoformat()}")
    documents = documents_of(folder)
    if documents is None:
        return 1
    settings = Settings()
    configure_logging(settings.log_level)
    published = asyncio.run(
        publish_definitions(settings.connection(), settings.prefix + DEFINITIONS, documents, settings.keep_orders_ms(), existing_at)
    )
    for what, saved, before, missed in published:
        changed = f": {changed_fields(before, saved.document)}" if what == "changed" else ""
        scheduled = f"; for existing members at {at_utc(saved.existing_us // 1000)}" if saved.existing_us is not None else ""
        say(f"{what:9} {saved.name} version {saved.version}{changed}{scheduled}")
        if missed:
            complain(f"{saved.name}: {missed}")
    return 0
