"""Workers that tests fork are processes like those that a user starts: settings, log, signals, exit codes."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import nobody
from tests.crash.pipeline import until
from tests.services.worker_process import WorkerProcess
from tidemark import cli

# They are forked from a process that must first import all that workers run on.
pytestmark = pytest.mark.slow


def wait_for_signals() -> None:
    """A worker's main that does nothing; it says that it has begun."""
    print(f"pid {os.getpid()} with {os.environ['SOMETHING']} and {sys.argv[1:]}", flush=True)
    signal.pause()


def test_it_has_its_settings_arguments_and_log_and_is_killed(tmp_path: Path) -> None:
    worker = WorkerProcess(wait_for_signals, ["--one"], {"SOMETHING": "a word"}, tmp_path / "log")
    until(lambda: worker.log.exists() and worker.log.read_text().endswith("\n"), "it has begun")
    assert worker.log.read_text() == f"pid {worker.pid} with a word and ['--one']\n"
    worker.signal(signal.SIGSTOP)
    assert worker.is_running()
    worker.signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    assert not worker.is_running()


def test_the_command_line_ends_with_its_exit_code_and_says_why(tmp_path: Path) -> None:
    where = nobody()
    worker = WorkerProcess(
        cli.main, ["aggregate"], {"TIDEMARK_BROKERS": where, "TIDEMARK_START_DEADLINE_MS": "0"}, tmp_path / "log"
    )
    assert worker.wait() == 1
    assert f"no broker answers at {where}" in worker.log.read_text()


def test_none_outlives_a_run_that_was_killed(tmp_path: Path) -> None:
    script = "import pathlib, sys; from tests.services.test_worker_process import *; "
    script += (
        "w = WorkerProcess(wait_for_signals, [], {'SOMETHING': ''}, pathlib.Path(sys.argv[1])); print(w.pid, flush=True); w.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "log")], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        worker = os.pidfd_open(int(run.stdout.readline()))
        run.send_signal(signal.SIGKILL)
    ended, _, _ = select.select([worker], [], [], 30)
    os.close(worker)
    assert ended
