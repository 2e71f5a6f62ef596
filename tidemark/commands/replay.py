"""`tidemark replay FILE.jsonl … --definitions DIR`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from confluent_kafka import KafkaException
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tidemark.definitions.files import sound_documents
from tidemark.logs import configure_logging
from tidemark.replay.feed import lines_of
from tidemark.replay.processes import WorkerDied, leave_on_sigterm
from tidemark.replay.reader import Missing
from tidemark.replay.replay import replay as run_replay
from tidemark.replay.writing import write
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, say

_PLAIN_EVERY = 50_000

# `-` is one, and would be taken for an option.
_Input = Annotated[Path, Parameter(allow_leading_hyphen=True)]


def replay(
    file: _Input,
    /,
    *more: _Input,
    definitions: Annotated[Path, Parameter(help="a folder of definitions")],
    broker: Annotated[str | None, Parameter(help="host:port,… of a real broker; left out: the embedded one")] = None,
    grants: Annotated[Path | None, Parameter(help="write the grants here, a JSON line each")] = None,
    levels: Annotated[Path | None, Parameter(help="write the levels here, a JSON line a program and member")] = None,
    dead_letters: Annotated[Path | None, Parameter(help="write the dead letters here, a JSON line each")] = None,
    stats: Annotated[Path | None, Parameter(help="write the run's figures here, as JSON")] = None,
) -> int:
    """Play documents through the real pipeline, in the files' order (`-`: standard input), and write what came of them."""
    documents, problems = sound_documents(definitions)
    for line in problems:
        say(line, sys.stderr)
    if documents is None:
        return 1
    files = [file, *more]
    for each in files:
        if str(each) != "-" and (each.is_dir() or not each.exists()):
            raise FileNotFoundError(f"there is no {'option or ' * str(each).startswith('-')}file {each}")
    for output in (grants, levels, dead_letters, stats):
        if output is not None and (output.is_dir() or not output.parent.is_dir()):
            raise FileNotFoundError(f"{output} cannot be written: name a file in a folder that there is")
    settings = Settings()
    configure_logging(settings.log_level)
    leave_on_sigterm()
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
            lines = lines_of(files, sys.stdin.buffer)
            outcome = run_replay(settings, broker, documents, lines, lambda topic, event: None, on_progress)
        except (WorkerDied, Missing) as error:
            complain(error)
            return 1
        except KafkaException as error:
            complain(f"the broker failed in mid-run: {error.args[0].str()}")
            return 1
    write(outcome, grants, levels, dead_letters, stats)
    say(
        f"{outcome.documents:,} documents in {outcome.seconds:.1f} s: {len(outcome.grants):,} grants, "
        f"{len(outcome.dead_letters):,} dead letters",
        sys.stderr,
    )
    return 0
