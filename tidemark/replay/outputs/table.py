"""The files that a replay writes, a line each: a new one is a file of this room, a line in each of the two tables (spec 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tidemark.replay.outputs.changes import Changes
from tidemark.replay.outputs.dead_letters import DeadLetters
from tidemark.replay.outputs.grants import Grants
from tidemark.replay.outputs.levels import Levels
from tidemark.replay.outputs.notifications import Notifications
from tidemark.replay.outputs.output import Output
from tidemark.replay.outputs.performance import Performances
from tidemark.replay.outputs.refused import Refused
from tidemark.replay.outputs.releases import Releases

# By the name of its option.
OUTPUTS: Mapping[str, type[Output]] = {
    "grants": Grants,
    "levels": Levels,
    "changes": Changes,
    "releases": Releases,
    "notifications": Notifications,
    "refused": Refused,
    "performance": Performances,
    "dead_letters": DeadLetters,
}
# All that they are made of (short names).
READ_TOPICS = tuple(dict.fromkeys(topic for output in OUTPUTS.values() for topic in output.topics))


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where each is to be written; None: it is not asked for. As options of the command."""

    grants: Annotated[Path | None, Parameter(help="write the grants here, a JSON line each")] = None
    levels: Annotated[Path | None, Parameter(help="write the levels here, a JSON line a program and member")] = None
    changes: Annotated[Path | None, Parameter(help="write the changes of level here, a JSON line each")] = None
    releases: Annotated[Path | None, Parameter(help="write what became of each gift here, a JSON line each")] = None
    notifications: Annotated[Path | None, Parameter(help="write what members were told here, a JSON line each")] = None
    refused: Annotated[Path | None, Parameter(help="write the grants that a limit refused here, a JSON line each")] = None
    performance: Annotated[Path | None, Parameter(help="write what each activity has brought here, a JSON line each")] = None
    dead_letters: Annotated[Path | None, Parameter(help="write the dead letters here, a JSON line each")] = None

    def named(self) -> Iterator[tuple[str, Path]]:
        """Those that are asked for, by the names of their options."""
        for each in fields(self):
            path = getattr(self, each.name)
            if path is not None:
                yield each.name, path


NO_FILES = Files()
