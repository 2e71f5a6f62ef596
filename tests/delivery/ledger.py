"""A sink of the tests' own: a file to which it adds what it takes, and that is down while another file is there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rules.gifts.granted import Granted
from sinks.sink import Answer, Refused, SinkDown, Taken, Tried, untold
from streams.grants import decode_grant, decode_release
from streams.topics import GIFTS, RELEASES
from tidemark.settings.settings import Settings
from tidemark.workers.delivery import SINKS, Route

# In the environment: the folder of both files.
FOLDER = "LEDGER_FOLDER"
CHANGELOG = "deliver-ledger-changelog"


class Ledger:
    """Knows what it took by what it has written."""

    by_message = False

    def __init__(self, folder: Path) -> None:
        self._ledger = folder / "ledger"
        self._down = folder / "down"

    async def look(self) -> None:
        """It is always there."""

    async def give(self, items: Sequence[Granted], tried: Tried = untold) -> list[Answer]:
        """Refuses the grants of a member that it does not serve."""
        if self._down.exists():
            raise SinkDown("the ledger is closed: remove the file")
        taken = set(self._ledger.read_text().split("\n")) if self._ledger.exists() else set()
        answers: list[Answer] = []
        with self._ledger.open("a") as file:
            for grant in items:
                if grant.member_id == "stranger":
                    answers.append(Refused("ledger_stranger", f"no page for {grant.member_id}"))
                elif grant.id in taken:
                    answers.append(Taken.BEFORE)
                else:
                    taken.add(grant.id)
                    file.write(f"{grant.id}\n")
                    answers.append(Taken.NOW)
        return answers

    async def close(self) -> None:
        """Nothing is held."""


def register() -> None:
    """Has the program know it, as it knows its own."""

    def made(settings: Settings) -> Ledger:
        return Ledger(Path(os.environ[FOLDER]))

    SINKS["ledger"] = Route("deliver-ledger", CHANGELOG, {GIFTS: decode_grant, RELEASES: decode_release}, made)
