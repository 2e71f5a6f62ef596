"""A worker as `tidemark deliver` runs it, killed at the n-th time of a step. Only tests start it."""

from __future__ import annotations

import argparse
import signal

from tests.crash.worker import Fault
from tidemark.group_worker import WorkerOptions
from tidemark.running import run_worker
from tidemark.settings import Settings
from tidemark.wiring_deliver import DeliveryWorker


def main() -> None:
    """`--kill-at STEP:N`; settings from the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill-at", required=True)
    step, times = parser.parse_args().kill_at.split(":")
    settings = Settings()
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions(probe=Fault(step, int(times), signal.SIGKILL))))


if __name__ == "__main__":
    main()
