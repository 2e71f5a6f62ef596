"""A worker as `tidemark deliver` runs it, to a sink of the tests' own, or killed at the n-th time of a step. Only tests start it."""

from __future__ import annotations

import argparse
import os
import signal

from agents.turns.committer import no_probe
from tests.crash.worker import Fault
from tests.delivery import ledger
from tidemark.settings.settings import Settings
from tidemark.workers.delivery import DeliveryWorker
from tidemark.workers.group_worker import WorkerOptions
from tidemark.workers.running import run_worker


def main() -> None:
    """`--sink NAME`, `--kill-at STEP:N`; settings from the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sink", default="wallet")
    parser.add_argument("--kill-at")
    asked = parser.parse_args()
    ledger.register()
    probe = no_probe
    if asked.kill_at:
        step, times = asked.kill_at.split(":")
        probe = Fault(step, int(times), signal.SIGKILL, os.getpid())
    settings = Settings()
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions(probe=probe), asked.sink))
