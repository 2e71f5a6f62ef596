"""`tidemark` as a user runs it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import structlog

from devtools.ports import free_ports
from tidemark.cli import main

# They end their process themselves, or start others and wait for signals.
_WITH_A_PROCESS = {"aggregate", "deliver", "demo"}


def tidemark(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with settings such as partitions="3", and no others; what it said, and its exit code.

    In this process where it may be: most of a command's time is its imports.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
    environment |= {f"TIDEMARK_{name.upper()}": value for name, value in settings.items()}
    words = [str(argument) for argument in arguments]
    if words and words[0] in _WITH_A_PROCESS and "--help" not in words:
        command = [sys.executable, "-c", "from tidemark.cli import main; main()", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return run_here(words, environment)


def run_here(words: list[str], environment: dict[str, str], standard_input: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Runs a command in this process, with exactly this environment."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    ended: str | int | None = 0
    logging_before, sigterm_before = structlog.get_config(), signal.getsignal(signal.SIGTERM)
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(standard_input))),
        patch.object(sys, "argv", ["tidemark", *words]),
        patch.object(sys, "excepthook", sys.excepthook),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ending:
            ended = ending.code
            if isinstance(ended, str):
                # As the interpreter does at its end.
                print(ended, file=sys.stderr)
        finally:
            structlog.configure(**logging_before)
            if signal.getsignal(signal.SIGTERM) is not sigterm_before:
                signal.signal(signal.SIGTERM, sigterm_before)
    return subprocess.CompletedProcess(words, 1 if isinstance(ended, str) else ended or 0, _text(out), _text(err))


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode()


def nobody() -> str:
    """host:port at which nobody listens."""
    return f"127.0.0.1:{free_ports(1)[0]}"
