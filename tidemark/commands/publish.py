"""`tidemark publish DIR`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from rules.definitions.differences import changed_fields
from streams.topics import DEFINITIONS
from tidemark.definitions.files import sound_documents
from tidemark.definitions.publishing import publish_definitions
from tidemark.logs import configure_logging
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, say


def publish(folder: Path, /) -> int:
    """Check the definitions in a folder and put them on the definitions topic; say what changed."""
    documents, problems = sound_documents(folder)
    for line in problems:
        say(line, sys.stderr)
    if documents is None:
        return 1
    settings = Settings()
    configure_logging(settings.log_level)
    published = asyncio.run(
        publish_definitions(settings.connection(), settings.prefix + DEFINITIONS, documents, settings.keep_orders_ms())
    )
    for what, saved, before, missed in published:
        changed = f": {changed_fields(before, saved.document)}" if what == "changed" else ""
        say(f"{what:9} {saved.name} version {saved.version}{changed}")
        if missed:
            complain(f"{saved.name}: {missed}")
    return 0
