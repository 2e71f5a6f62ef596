"""The aggregation worker, put together of settings."""

from __future__ import annotations

from msgspec.structs import replace

from agents.aggregate import Aggregation
from agents.metrics import DEFINITIONS as DEFINITIONS_READ
from agents.metrics import DEFINITIONS_LEFT_OUT
from agents.ownership.ownership import Ownership
from agents.replaying.files_order import Replaying
from agents.turns.committer import Committer
from rules.rulebook.changing import Changes
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS
from streams.definitions import Definitions
from streams.topics import (
    AGGREGATE_CHANGELOG,
    BENEFITS,
    DEFINITIONS,
    DEPARTURES,
    FIGURES,
    GIFTS,
    LEVELS,
    NOTIFICATIONS,
    REFUSALS,
    RELEASES,
    SOURCES,
    THRESHOLDS,
)
from tidemark.workers.group_worker import Agent, App, GroupWorker
from tidemark.workers.group_worker import WorkerOptions as WorkerOptions


def _show(rulebook: Rulebook, unreadable: int) -> None:
    """Shows what came of a change of the definitions."""
    DEFINITIONS_READ.set(len(rulebook))
    DEFINITIONS_LEFT_OUT.set(len(rulebook.left_out) + unreadable)


class Worker(GroupWorker):
    """Orders in, grants and levels out."""

    app = App(
        "aggregate",
        AGGREGATE_CHANGELOG,
        SOURCES,
        (GIFTS, RELEASES, BENEFITS, LEVELS, THRESHOLDS, REFUSALS, FIGURES, NOTIFICATIONS, DEPARTURES),
    )

    async def prepare(self) -> None:
        """Reads the definitions: every one that there is now, before the first turn."""
        client = await self.client("definitions", [DEFINITIONS])
        settings = self.settings
        self._definitions = Definitions(client, settings.prefix + DEFINITIONS, _show, settings.keep_orders_ms(), settings.keep_days)
        await self._definitions.read_to_end()

    def definitions_age(self) -> float:
        """How long ago they were known to be read, in seconds."""
        # A replay's do not change under it.
        return 0.0 if self.options.documents_clock is not None else self._definitions.age_seconds()

    def definitions_silence(self) -> str:
        """Why they grow old."""
        return self._definitions.silence

    def agent(self, ownership: Ownership, committer: Committer) -> Agent:
        """Folds what arrives."""
        folding = self.settings.folding()
        if self.options.documents_clock is not None:
            # The folder's definitions were saved before all time (spec 6); a replay has an end, and closes no books.
            saved = [(ref, replace(each, saved_at_ms=ALWAYS_MS)) for ref, each in self._definitions.versions]
            return Replaying(ownership, committer, Changes(saved), folding, self.options.documents_clock, self.took).run
        aggregation = Aggregation(ownership, committer, self._definitions, folding, self.took, self.quiet, self.broker_time)
        self.beside(self._definitions.follow())
        self.beside(aggregation.sweep())
        self.beside(aggregation.fold_left())
        return aggregation.run
