"""Documents played in this process: the real reading, fold, tables and outputs, and no broker (spec 6, `tidemark replay`)."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from agents.fold.fold import READ_AT_ONCE
from agents.replaying.in_process import InProcess
from agents.replaying.places import Places
from rules.rulebook.changing import Changes
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS, NEVER_MS
from streams.definitions import Versions
from streams.topics import DEAD_LETTERS
from tidemark.definitions.proposals import proposals, saves, user_name
from tidemark.replay.lines import carried, too_large
from tidemark.replay.outcome import Outcome, Progress
from tidemark.settings.settings import Settings
from tidemark.workers.group_worker import KEPT_ALWAYS_MS

_TELL_EVERY = 1_000
# So many documents leave some MB behind that only the collector can let go of.
_COLLECT_EVERY = 20_000


def replay_in_process(
    settings: Settings,
    definitions: Sequence[dict[str, object]],
    lines: Iterable[bytes],
    outcome: Outcome,
    on_progress: Progress,
) -> None:
    """Plays documents until all is through, into `outcome`. Raises TooManyErrors, NotPublished."""
    places = Places(settings.partitions)
    folding = settings.model_copy(update={"announce_registrations": True, "figures": outcome.figures}).folding()
    # All orders are kept: by its clock months pass in seconds, and what a refund names must be known for what it is.
    playing = InProcess(_changes(definitions), folding, KEPT_ALWAYS_MS, places, outcome.topics, outcome.take)
    started, started_cpu = time.monotonic(), time.process_time()
    with _collected_seldom():
        for some in _chunks(lines, outcome, on_progress):
            playing.fold(some)
        playing.end()
    outcome.know(playing.changes.activities())
    outcome.dead_letters.sort(places.number_of)
    outcome.seconds, outcome.worker_cpu_seconds = time.monotonic() - started, time.process_time() - started_cpu
    on_progress(outcome.documents, len(outcome.grants))


def _chunks(lines: Iterable[bytes], outcome: Outcome, on_progress: Progress) -> Iterator[Iterator[tuple[int, bytes]]]:
    """A moment's worth of lines each, with their numbers, which are counted once they are played."""
    numbered = enumerate(lines, 1)
    while some := list(islice(numbered, READ_AT_ONCE)):
        yield _carried(some, outcome)
        before, outcome.documents = outcome.documents, some[-1][0]
        if outcome.documents // _TELL_EVERY > before // _TELL_EVERY:
            on_progress(outcome.documents, len(outcome.grants))
        if outcome.documents // _COLLECT_EVERY > before // _COLLECT_EVERY:
            gc.collect()


def _carried(lines: Sequence[tuple[int, bytes]], outcome: Outcome) -> Iterator[tuple[int, bytes]]:
    """Those that a feed would carry; the others are dead letters."""
    for number, line in lines:
        if carried(line):
            yield number, line
        else:
            outcome.take(DEAD_LETTERS, too_large(line, number))


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """Turns make many objects and no cycles: the collector would look at them all for nothing (a tenth of the CPU, measured)."""
    was_enabled = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def _changes(definitions: Sequence[dict[str, object]]) -> Changes:
    """The definitions as a worker reads them from their topic, on which there are no others: saved before all time (spec 6). None of them
    closes its books, however long it is over: a replay has an end.

    Raises NotPublished.
    """
    found, _ = proposals(saves(definitions, user_name(), ALWAYS_MS), Versions(), Rulebook([]), ALWAYS_MS, NEVER_MS)
    return Changes(enumerate(each.saved for each in found))
