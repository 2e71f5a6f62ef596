"""Documents played in two processes, half of the partitions each, with the same results as in one (agents/replaying/apart/half.py)."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from agents.replaying.apart.half import Half, NotApart
from agents.replaying.apart.other import SHARED_BYTES, Other, OtherEnded
from agents.replaying.places import Places
from agents.turns.error_limit import TooManyErrors
from tidemark.replay.in_process import changes_of, chunks, collected_seldom, replay_in_process
from tidemark.replay.outcome import Outcome, Progress
from tidemark.replay.outputs.output import Output
from tidemark.settings.settings import Settings
from tidemark.workers.group_worker import KEPT_ALWAYS_MS

# What goes from one partition to another is done in one process: that is seen here before the half of it is done.
_MERGES = b'"merged_into"'
# One thread runs here by now: a fork takes nothing along that is not its own.
_FORK = multiprocessing.get_context("fork")

Read = Callable[[], Iterator[bytes]]


def can_be_two(files: Sequence[Path]) -> bool:
    """Whether two processes can play them: where they can be read twice, and merge nobody."""
    return all(file.is_file() for file in files) and not any(map(_merges, files))


def _merges(file: Path) -> bool:
    with file.open("rb") as lines:
        return any(_MERGES in line for line in lines)


def replay_in_two_processes(
    settings: Settings, definitions: Sequence[dict[str, object]], read: Read, outcome: Outcome, on_progress: Progress
) -> None:
    """As `replay_in_process`, where that can be; else in one process, from the beginning. `read`: reads the lines, as often as it is
    called. Raises TooManyErrors, NotPublished.
    """
    started = time.monotonic()
    if settings.partitions < 2 or outcome.on_event is not None or not _played(settings, definitions, read, outcome, on_progress):
        replay_in_process(settings, definitions, read(), outcome, on_progress)
    outcome.seconds = time.monotonic() - started


def _played(
    settings: Settings, definitions: Sequence[dict[str, object]], read: Read, outcome: Outcome, on_progress: Progress
) -> bool:
    """Whether it could be played in two."""
    ours, theirs = _FORK.Pipe()
    result, results = _FORK.Pipe(duplex=False)
    shared = memoryview(mmap.mmap(-1, SHARED_BYTES))

    def play_other() -> None:
        # Whoever began it hears of that, and ends it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT,))
        ours.close()
        result.close()
        own, started_cpu = Outcome(outcome.outputs), time.process_time()
        try:
            _play(settings, definitions, read, own, Other(theirs, shared, 1), 1, Places(settings.partitions), lambda _, __: None)
            results.send((own.outputs, time.process_time() - started_cpu))
        except (NotApart, OtherEnded, TooManyErrors, BrokenPipeError):
            os._exit(1)

    process = _FORK.Process(target=play_other, daemon=True)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    process.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    theirs.close()
    results.close()
    places, other, own, started_cpu = (
        Places(settings.partitions),
        Other(ours, shared, 0),
        Outcome(outcome.outputs),
        time.process_time(),
    )
    try:
        half = _play(settings, definitions, read, own, other, 0, places, lambda done, made: on_progress(done, made + other.grants))
        outputs, cpu_seconds = _result(result)
    except (NotApart, OtherEnded, TooManyErrors, EOFError):
        return False
    finally:
        process.kill()
        process.join()
    outcome.add(own.outputs)
    outcome.add(outputs)
    outcome.documents = own.documents
    outcome.know(half.changes.activities())
    outcome.dead_letters.sort(places.number_of)
    outcome.worker_cpu_seconds = time.process_time() - started_cpu + cpu_seconds
    on_progress(outcome.documents, len(outcome.grants))
    return True


def _result(result: Connection) -> tuple[dict[str, Output], float]:
    found: tuple[dict[str, Output], float] = result.recv()
    return found


def _play(
    settings: Settings,
    definitions: Sequence[dict[str, object]],
    read: Read,
    outcome: Outcome,
    other: Other,
    mine: int,
    places: Places,
    on_progress: Progress,
) -> Half:
    folding = settings.model_copy(update={"announce_registrations": True, "figures": outcome.figures}).folding()
    half = Half(
        changes_of(definitions), folding, KEPT_ALWAYS_MS, places, outcome.topics, outcome.take, other, mine, outcome.grants.__len__
    )
    with collected_seldom():
        for some in chunks(read(), outcome, on_progress):
            half.fold(some)
        half.end()
    return half
