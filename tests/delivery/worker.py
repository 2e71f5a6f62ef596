"""A worker as `tidemark deliver` runs it, killed at the n-th time of a step. Only tests start it."""

from __future__ import annotations

import argparse
import signal

from tests.crash.worker import Fault
from tidemark.settings.settings import Settings
from tidemark.workers.delivery import DeliveryWorker
from tidemark.workers.group_worker import WorkerOptions
from tidemark.workers.running import run_worker


def main() -> None:
    """`--kill-at STEP:N`; settings from the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill-at", required=True)
    step, times = parser.parse_args().kill_at.split(":")
    settings = Settings()
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions(probe=Fault(step, int(times), signal.SIGKILL))))


if __name__ == "__main__":
    main()
