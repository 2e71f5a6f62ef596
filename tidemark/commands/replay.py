"""`tidemark replay FILE.jsonl … --definitions DIR`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from confluent_kafka import KafkaException
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agents.turns.error_limit import TooManyErrors
from tidemark.commands.folder import documents_of
from tidemark.logs import configure_logging
from tidemark.replay.in_process import replay_in_process
from tidemark.replay.lines import lines_of
from tidemark.replay.outcome import Outcome
from tidemark.replay.outputs.table import NO_FILES, Files
from tidemark.replay.pipeline import replay_through_broker
from tidemark.replay.processes import WorkerDied, leave_on_sigterm
from tidemark.replay.reader import Missing
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, counted, say

_PLAIN_EVERY = 50_000
# The broker that is brought along.
_EMBEDDED = "embedded"

# `-` is one, and would be taken for an option.
_Input = Annotated[Path, Parameter(allow_leading_hyphen=True)]


def replay(
    file: _Input,
    /,
    *more: _Input,
    definitions: Annotated[Path, Parameter(help="a folder of definitions")],
    broker: Annotated[
        str | None, Parameter(help="through workers and topics: host:port,… of a broker, or `embedded`; left out: in this process")
    ] = None,
    outputs: Files = NO_FILES,
    stats: Annotated[Path | None, Parameter(help="write the run's figures here, as JSON")] = None,
) -> int:
    """Play documents through the real rules and tables, in the files' order (`-`: standard input), and write what came of them.

    Parameters
    ----------
    file
        Documents as they come on topics, one of JSON a line.
    more
        Files that follow it.
    """
    documents = documents_of(definitions)
    if documents is None:
        return 1
    files = [file, *more]
    for each in files:
        if str(each) != "-" and (each.is_dir() or not each.exists()):
            raise FileNotFoundError(f"there is no {'option or ' * str(each).startswith('-')}file {each}")
    named = dict(outputs.named())
    _check_written([*named.values(), *([] if stats is None else [stats])], [each for each in files if str(each) != "-"])
    settings = Settings()
    configure_logging(settings.log_level)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("starting", total=None)
        told = 0

        def on_progress(done: int, granted: int) -> None:
            nonlocal told
            bar.update(task, description=f"{done:,} documents, {granted:,} grants")
            if bar.disable and done - told >= _PLAIN_EVERY:
                told = done
                say(f"{done:,} documents, {granted:,} grants", sys.stderr)

        try:
            outcome, lines = Outcome(named), lines_of(files, sys.stdin.buffer)
            if broker is not None:
                leave_on_sigterm()
                replay_through_broker(settings, None if broker == _EMBEDDED else broker, documents, lines, outcome, on_progress)
            else:
                replay_in_process(settings, documents, lines, outcome, on_progress)
        except (WorkerDied, Missing, TooManyErrors) as error:
            complain(error)
            return 1
        except KafkaException as error:
            complain(f"the broker failed in mid-run: {error.args[0].str()}")
            return 1
    outcome.write(outputs, stats)
    say(
        f"{counted(outcome.documents, 'document')} in {outcome.seconds:.1f} s: {counted(len(outcome.grants), 'grant')}, "
        f"{counted(len(outcome.dead_letters), 'dead letter')}",
        sys.stderr,
    )
    return 0


def _check_written(written: Sequence[Path], read: Sequence[Path]) -> None:
    """Raises an OSError where a file cannot be written, or would take the place of one that is read or written: before any work is done."""
    taken = {each.resolve() for each in read}
    for path in written:
        if path.is_dir() or not path.parent.is_dir():
            raise FileNotFoundError(f"{path} cannot be written: name a file in a folder that there is")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(f"{path} cannot be written: there is no right to; name another file")
        # A device, such as /dev/null, may be named twice.
        if path.is_file() or not path.exists():
            if path.resolve() in taken:
                raise FileExistsError(f"{path} is named twice, and one would be lost: name another file")
            taken.add(path.resolve())
