"""`tidemark replay` as its user runs it, and what it wrote."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command import run_here
from tests.generate import write_definitions, write_stream
from tests.oracle import Outcome
from tests.oracle.compare import dead_letter_differences, grant_differences, level_differences
from tidemark.replay.outputs.table import OUTPUTS

Document = dict[str, Any]
TIDEMARK = (sys.executable, "-c", "from tidemark.cli import main; main()")
TIMEOUT_SECONDS = 540


@dataclass
class Replayed:
    """An ended run: its exit code, what it said, and the files that it wrote, by the names of their options."""

    code: int
    said: str
    files: dict[str, list[Document]]
    stats: Document

    @property
    def grants(self) -> list[Document]:
        return self.files["grants"]

    @property
    def levels(self) -> list[Document]:
        return self.files["levels"]

    @property
    def letters(self) -> list[Document]:
        return self.files["dead_letters"]

    def dead_letters(self) -> list[tuple[str, bytes]]:
        """Reason and bytes of each."""
        return [(letter["reason"], raw_of(letter)) for letter in self.letters]

    def differences(self, expected: Outcome) -> list[str]:
        """From what must have come out; none when all is right."""
        return [
            *grant_differences(expected, self.grants),
            *level_differences(expected, self.levels),
            *dead_letter_differences(expected, self.dead_letters()),
        ]


def raw_of(letter: Document) -> bytes:
    """The bytes of a dead letter."""
    return base64.b64decode(letter["raw_base64"]) if "raw_base64" in letter else letter["raw"].encode()


def environment(**settings: str) -> dict[str, str]:
    """Settings such as partitions="3", and no others."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
    return found | {f"TIDEMARK_{name.upper()}": value for name, value in settings.items()}


def arguments_in(folder: Path, definitions: Iterable[Document]) -> list[str]:
    """Writes the definitions and names every output, all below `folder`."""
    write_definitions(folder / "definitions", definitions)
    outputs = [name.replace("_", "-") for name in (*OUTPUTS, "stats")]
    named = [argument for name in outputs for argument in (f"--{name}", str(folder / name))]
    return ["--definitions", str(folder / "definitions"), *named]


def replay(
    folder: Path,
    definitions: Iterable[Document],
    lines: Iterable[bytes],
    more: Sequence[str] = (),
    *,
    as_a_process: bool = False,
    files: Sequence[str] | None = None,
    standard_input: bytes = b"",
    **settings: str,
) -> Replayed:
    """Runs it to its end, in this process unless `as_a_process`; `files` instead of `lines` where they are given."""
    if files is None:
        write_stream(folder / "documents.jsonl", lines)
        files = [str(folder / "documents.jsonl")]
    words = ["replay", *files, *arguments_in(folder, definitions), *more]
    if as_a_process:
        ran = subprocess.run(
            [*TIDEMARK, *words],
            input=standard_input,
            env=environment(**settings),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        code, said = ran.returncode, ran.stderr.decode()
    else:
        here = run_here(words, environment(**settings), standard_input)
        code, said = here.returncode, here.stderr
    return Replayed(
        code,
        said,
        {name: rows_of(folder / name.replace("_", "-")) for name in OUTPUTS},
        (rows_of(folder / "stats") or [{}])[0],
    )


def rows_of(path: Path) -> list[Document]:
    """The JSON lines of a file; none where it was not written."""
    # Split at \n alone: text may hold other line ends.
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line] if path.exists() else []
